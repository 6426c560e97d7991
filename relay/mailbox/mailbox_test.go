package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesame/internal/wire"
)

// Claiming is idempotent for a side, on any of its connections, until it
// releases.
func TestClaimAgain(t *testing.T) {
	w := newTown(t, Limits{})
	a1, b := w.bound("a"), w.bound("b")
	w.do(a1)
	w.want(a1, claimFrame("4"), "ack, claimed mailbox1")
	a2 := w.bound("a")
	w.got(a2)
	w.want(a2, claimFrame("4"), "ack, claimed mailbox1")
	w.disconnect(a1)
	w.do(b, claimFrame("4"))
	w.want(a2, releaseFrame, "ack, released")
	a3 := w.bound("a")
	w.want(a3, claimFrame("4"), "ack, error reclaimed")
}

// T-A9-1. A third side is refused wherever it knocks, and leaves no trace: the others
// can claim, open, add and close afterwards, on new connections too.
func TestThirdSideLeavesNoTrace(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	for _, s := range []*caller{a, b} {
		w.do(s, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "00"))
	}
	for range 3 {
		c := w.bound("c")
		w.got(c)
		w.want(c, claimFrame("4"), "ack, error crowded")
		w.want(c, openFrame("mailbox1"), "ack, error crowded")
		w.want(c, addFrame("0", "00"), "ack, error must open mailbox before adding")
		w.want(c, `{"type":"release","nameplate":"4"}`, "ack, released")
		w.want(c, `{"type":"close","mailbox":"mailbox1"}`, "ack, closed")
		w.disconnect(c)
	}
	w.got(a)
	w.disconnect(a)
	a = w.bound("a")
	w.want(a, claimFrame("4"), "ack, claimed mailbox1")
	w.want(a, openFrame("mailbox1"), "ack, message a:pake=00, message b:pake=00")
	w.want(a, releaseFrame, "ack, released")
	w.want(a, closeFrame, "ack, closed")
	w.got(b)
	w.want(b, releaseFrame, "ack, released")
	w.want(b, closeFrame, "ack, closed")
	w.empty()
}

// Somebody claims the nameplate of a waiting sender and goes, in any of the
// ways in which one can go. The receiver and the sender still meet, even if
// the sender has to reconnect.
func TestSeatIsFreeAgain(t *testing.T) {
	for name, visit := range map[string][]string{
		"claims":                          {claimFrame("4")},
		"claims, releases":                {claimFrame("4"), releaseFrame},
		"claims, opens":                   {claimFrame("4"), openFrame("mailbox1")},
		"claims, opens, releases, closes": {claimFrame("4"), openFrame("mailbox1"), releaseFrame, closeFrame},
		"claims, closes":                  {claimFrame("4"), `{"type":"close","mailbox":"mailbox1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, Limits{})
			a := w.bound("a")
			w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "aa"))
			x := w.bound("x")
			w.do(x, visit...)
			w.disconnect(x)

			w.disconnect(a)
			a = w.bound("a")
			w.want(a, openFrame("mailbox1"), "ack, message a:pake=aa")
			b := w.bound("b")
			w.want(b, claimFrame("4"), "ack, claimed mailbox1")
			w.want(b, openFrame("mailbox1"), "ack, message a:pake=aa")
			w.want(b, addFrame("pake", "bb"), "ack, message b:pake=bb")
			w.want(a, `{"type":"release","nameplate":"4"}`, "message b:pake=bb, ack, released")
			w.want(b, releaseFrame, "ack, released")
			w.want(a, closeFrame, "ack, closed")
			w.want(b, closeFrame, "ack, closed")
			w.empty()
		})
	}
}

// A side that has spoken, or is still connected, keeps its seat.
func TestSeatIsKept(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, claimFrame("4"), openFrame("mailbox1"))
	w.do(b, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "bb"))
	w.disconnect(b)
	w.want(w.bound("c"), claimFrame("4"), "ack, error crowded")
	b = w.bound("b")
	w.want(b, openFrame("mailbox1"), "ack, message b:pake=bb")
}

func TestReplayInOrder(t *testing.T) {
	w := newTown(t, Limits{})
	a := w.bound("a")
	w.do(a, openFrame("m"))
	want := "ack"
	for i := range 20 {
		w.do(a, addFrame(fmt.Sprint(i), "00"))
		want += fmt.Sprintf(", message a:%d=00", i)
	}
	w.want(w.bound("b"), openFrame("m"), want)
}

// The same message again is stored once and echoed to its author only: it is
// the receipt that a reconnected client waits for, and peers may not expect a
// phase twice.
func TestAddAgain(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, openFrame("m"), addFrame("pake", "00"))
	w.do(b, openFrame("m"))
	w.want(a, addFrame("pake", "00"), "ack, message a:pake=00")
	w.want(b, addFrame("pake", "00"), "ack, message b:pake=00") // another side's phase
	w.want(b, addFrame("pake", "01"), "ack, error phase was already added with another body")
	w.want(w.bound("a"), openFrame("m"), "ack, message a:pake=00, message b:pake=00")
}

func TestSameSideTwice(t *testing.T) {
	w := newTown(t, Limits{})
	a1, a2 := w.bound("a"), w.bound("a")
	w.do(a1, openFrame("m"))
	w.do(a2, openFrame("m"))
	w.want(a1, addFrame("0", "00"), "ack, message a:0=00")
	if got := w.got(a2); got != "message a:0=00" {
		t.Errorf("second connection got %q", got)
	}
}

// A client that reconnects without end doesn't pile up subscriptions.
func TestReconnectAThousandTimes(t *testing.T) {
	w := newTown(t, Limits{})
	var all []*caller
	for range 1000 {
		s := w.bound("a")
		w.do(s, openFrame("m"))
		all = append(all, s)
	}
	m := w.local("m")
	if len(m.subs) != subsPerSide || !w.hung[all[0]] || w.hung[all[999]] {
		t.Errorf("%d subscriptions; the first is hung up: %v", len(m.subs), w.hung[all[0]])
	}
	for _, s := range all {
		w.disconnect(s)
	}
	if len(m.here) != 0 || len(m.subs) != 0 {
		t.Errorf("%v present, %d subscriptions", m.here, len(m.subs))
	}
}

// Someone who speaks in others' names can't take a mailbox away from a client
// that listens to it.
func TestCloseInOthersNames(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, openFrame("m"))
	w.do(b, openFrame("m"))
	for _, side := range []string{"a", "b"} {
		w.want(w.bound(side), `{"type":"close","mailbox":"m"}`, "ack, closed")
	}
	w.got(a)
	w.want(a, addFrame("0", "00"), "ack, message a:0=00")
	if got := w.got(b); got != "message a:0=00" {
		t.Errorf("b got %q", got)
	}
	w.disconnect(a)
	w.disconnect(b)
	w.empty()
}

func TestAppsAreApart(t *testing.T) {
	w := newTown(t, Limits{})
	a := w.bound("a")
	w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("0", "00"))
	s := w.connect()
	w.do(s, `{"type":"bind","appid":"other","side":"a"}`)
	w.want(s, listFrame, "ack, nameplates")
	w.want(s, `{"type":"release","nameplate":"4"}`, "ack, released")
	w.want(s, `{"type":"close","mailbox":"mailbox1"}`, "ack, closed")
	w.want(s, openFrame("mailbox1"), "ack")
	w.want(s, claimFrame("4"), "ack, claimed mailbox2")
	w.want(a, listFrame, "ack, nameplates 4")
	w.want(w.bound("a"), openFrame("mailbox1"), "ack, message a:0=00")
}

func TestCapacity(t *testing.T) {
	t.Run("messages", func(t *testing.T) {
		w := newTown(t, Limits{MailboxMessages: 2})
		a := w.bound("a")
		w.do(a, openFrame("m"), addFrame("0", "00"), addFrame("1", "00"))
		w.want(a, addFrame("2", "00"), "ack, error mailbox is full")
		w.want(a, addFrame("1", "00"), "ack, message a:1=00") // still echoed
	})
	t.Run("bytes", func(t *testing.T) {
		w := newTown(t, Limits{})
		a := w.bound("a")
		w.do(a, openFrame("m"))
		body := strings.Repeat("0", wire.MaxBody)
		for i := range 3 {
			w.do(a, addFrame(fmt.Sprint(i), body))
		}
		w.want(a, addFrame("3", body), "ack, error mailbox is full")
	})
	t.Run("total bytes", func(t *testing.T) {
		w := newTown(t, Limits{TotalBytes: 1000})
		a, b := w.bound("a"), w.bound("b")
		w.do(a, openFrame("m"), addFrame("0", strings.Repeat("0", 600)))
		w.do(b, openFrame("n"))
		w.want(b, addFrame("0", "00"), "ack, error server is full, try again later")
		w.do(a, closeFrame)
		w.want(b, addFrame("0", "00"), "ack, message b:0=00")
	})
	t.Run("mailboxes", func(t *testing.T) {
		w := newTown(t, Limits{Mailboxes: 2})
		w.do(w.bound("a"), openFrame("m"))
		w.do(w.bound("a"), claimFrame("1"))
		for _, f := range []string{openFrame("n"), claimFrame("2"), `{"type":"allocate"}`} {
			w.want(w.bound("b"), f, "ack, error server is full, try again later")
		}
		w.want(w.bound("b"), openFrame("m"), "ack")
	})
}

// T-A9-2. One source asks for a thousand nameplates, and later for a thousand
// more; others still get short ones.
func TestSquatting(t *testing.T) {
	w := newTown(t, Limits{})
	got := map[string]int{}
	ask := func() {
		for i := range 1000 {
			text := w.do(w.from("192.0.2.66", fmt.Sprint("side", i)), `{"type":"allocate"}`)
			if strings.HasPrefix(text, "ack, allocated ") {
				text = "allocated"
			}
			got[text]++
		}
	}
	ask()
	if got["allocated"] != 60 || got["ack, error "+string(errTooFast)] != 940 {
		t.Errorf("in one moment: %v", got)
	}
	w.now = w.now.Add(5 * time.Minute)
	ask()
	if got["allocated"] != 100 || got["ack, error "+string(errGreedy)] != 20 {
		t.Errorf("with five minutes between: %v", got)
	}
	other := w.do(w.from("198.51.100.1", "b"), `{"type":"allocate"}`)
	if n, ok := strings.CutPrefix(other, "ack, allocated "); !ok || len(n) > 3 {
		t.Errorf("another source gets %q", other)
	}
	w.now = w.now.Add(12 * time.Minute)
	w.sweep()
	w.empty()
}

// T-A9-3. One source claims nameplates that nobody holds. It is refused after
// ten, but may go on to claim what others have allocated, and to come back to
// what it has; other sources notice nothing.
func TestScanning(t *testing.T) {
	w := newTown(t, Limits{})
	const scanner = "192.0.2.66"
	w.want(w.from("198.51.100.1", "a"), claimFrame("500"), "ack, claimed mailbox1")
	refused := 0
	for i := range 30 {
		if w.do(w.from(scanner, "x"), claimFrame(fmt.Sprint(100+i))) == "ack, error "+string(errGuessing) {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 30 claims were refused", refused)
	}
	s := w.from(scanner, "b")
	w.want(s, claimFrame("999"), "ack, error "+string(errGuessing))
	w.want(s, claimFrame("500"), "ack, claimed mailbox1") // a refusal isn't a claim
	for range 200 {
		w.want(w.from(scanner, "x"), claimFrame("100"), "ack, claimed mailbox2")
	}
	w.want(w.from("198.51.100.2", "c"), claimFrame("998"), "ack, claimed mailbox12")
	w.now = w.now.Add(time.Minute)
	w.want(w.from(scanner, "y"), claimFrame("130"), "ack, claimed mailbox13")
}

// Fails when what a proxy that is listed does for itself is held against a rate.
func TestNoRatesForProxies(t *testing.T) {
	w := newTown(t, Limits{Mailboxes: 1000, MailboxesPerSource: 1000})
	for i := range 500 {
		w.want(w.bound("x"), claimFrame(fmt.Sprint(100+i)), fmt.Sprintf("ack, claimed mailbox%d", i+1))
	}
}

func TestPrune(t *testing.T) {
	start := time.Unix(1e9, 0)
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("0", "00"))
	w.do(b, openFrame("idle"))
	w.disconnect(b) // its mailbox has nobody from now on
	tick := func(to time.Duration) {
		w.now = start.Add(to)
		w.sweep()
	}
	tick(11*time.Minute - time.Second)
	if w.b.Mailboxes() != 2 {
		t.Fatalf("%d mailboxes before their time", w.b.Mailboxes())
	}
	tick(11 * time.Minute)
	if w.b.Mailboxes() != 1 {
		t.Fatalf("%d mailboxes after 11 minutes, want that with a listener", w.b.Mailboxes())
	}
	tick(5 * time.Hour)
	w.disconnect(a)
	w.now = w.now.Add(10 * time.Minute)
	a = w.bound("a")
	w.want(a, openFrame("mailbox1"), "ack, message a:0=00")
	tick(24*time.Hour - time.Second)
	if w.hung[a] {
		t.Fatal("cut before 24 hours")
	}
	tick(24 * time.Hour)
	if !w.hung[a] {
		t.Error("a day-old mailbox isn't cut")
	}
	w.empty()
	w.want(a, addFrame("1", "00"), "ack, error must open mailbox before adding")
	w.disconnect(a)
	w.empty()
}

func TestQuarantine(t *testing.T) {
	const other = "192.0.2.66" // another source than that of the two
	w := newTown(t, Limits{})
	meet := func(n string) {
		a, b := w.bound("a"), w.bound("b")
		for _, s := range []*caller{a, b} {
			w.do(s, claimFrame(n))
		}
		m := w.plate(n).box
		for _, s := range []*caller{a, b} {
			w.do(s, openFrame(m), releaseFrame, closeFrame)
			w.disconnect(s)
		}
	}
	meet("4")
	w.empty()
	w.want(w.from(other, "c"), claimFrame("4"), "ack, error nameplate was already used")
	w.want(w.bound("a"), claimFrame("4"), "ack, error reclaimed") // it was there itself
	w.want(w.bound("c"), listFrame, "ack, nameplates")
	w.want(w.bound("a"), `{"type":"release","nameplate":"4"}`, "ack, released")

	lone := w.bound("a")
	w.do(lone, claimFrame("5"), releaseFrame)
	w.want(w.bound("b"), claimFrame("5"), "ack, claimed mailbox3")

	meet("0")
	w.want(w.bound("c"), claimFrame("0"), "ack, claimed mailbox5")

	w.now = w.now.Add(24*time.Hour - time.Second)
	w.sweep()
	w.want(w.from(other, "c"), claimFrame("4"), "ack, error nameplate was already used")
	w.now = w.now.Add(time.Second)
	if got := w.do(w.from(other, "c"), claimFrame("4")); !strings.Contains(got, "claimed") {
		t.Errorf("after a day, before a sweep: %s", got)
	}
	meet("7")
	w.now = w.now.Add(24 * time.Hour)
	w.sweep()
	w.empty()
	if w.used() != 0 || len(w.memory().numbers.apps) != 0 {
		t.Errorf("left: %d used, %d applications", w.used(), len(w.memory().numbers.apps))
	}
}

func TestQuarantineIsBounded(t *testing.T) {
	w := newTown(t, Limits{Quarantined: 10})
	for i := range 30 {
		n := fmt.Sprint(100 + i)
		a, b := w.bound("a"), w.bound("b")
		w.do(a, claimFrame(n))
		w.do(b, claimFrame(n), releaseFrame)
		w.do(a, releaseFrame)
	}
	if w.used() != 10 {
		t.Errorf("%d are remembered", w.used())
	}
	if got := w.do(w.from("192.0.2.66", "c"), claimFrame("129")); !strings.HasSuffix(got, "already used") {
		t.Errorf("the last: %s", got)
	}
	if got := w.do(w.from("192.0.2.66", "c"), claimFrame("100")); !strings.Contains(got, "claimed") {
		t.Errorf("the first: %s", got)
	}
}

// Numbers come from the smallest range of which at most half is taken.
func TestAllocate(t *testing.T) {
	w := newTown(t, Limits{MailboxesPerSource: 1000})
	lengths := make(map[int]int)
	for range 5 + 46 + 1 {
		got := w.do(w.bound("a"), `{"type":"allocate"}`)
		lengths[len(strings.TrimPrefix(got, "ack, allocated "))]++
	}
	if lengths[1] != 5 || lengths[2] != 46 || lengths[3] != 1 {
		t.Errorf("numbers by their length: %v", lengths)
	}
}

func TestListIsBounded(t *testing.T) {
	w := newTown(t, Limits{MailboxesPerSource: 5000})
	for i := range 2000 {
		w.do(w.bound("a"), claimFrame(fmt.Sprint(i+1)))
	}
	if got := strings.Fields(w.do(w.bound("b"), listFrame)); len(got) != listed+2 {
		t.Errorf("%d words", len(got))
	}
}

// Ages come from the clock as it is passed in; a step backwards does no harm.
func TestClockJumps(t *testing.T) {
	w := newTown(t, Limits{})
	a := w.bound("a")
	w.do(a, claimFrame("4"), openFrame("mailbox1"))
	for _, d := range []time.Duration{-time.Hour, -10 * 365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		w.now = w.now.Add(d)
		w.sweep()
		if w.b.Mailboxes() != 1 || w.hung[a] {
			t.Fatalf("after a jump of %v: %d mailboxes", d, w.b.Mailboxes())
		}
	}
}

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

// Fails when one /48 fills all mailboxes, or honest clients are refused beside it.
func TestOneNetworkFillsMailboxes(t *testing.T) {
	w := newTown(t, Limits{})
	const networks = 2000
	for i := range networks {
		for range 12 {
			w.do(w.from(inNetwork(i), "x"), fmt.Sprintf(`{"type":"open","mailbox":"m%d"}`, w.made))
			w.made++
		}
	}
	if n := w.b.Mailboxes(); n != 800 {
		t.Errorf("a /48 holds %d mailboxes, want 800", n)
	}
	for i := range 60 {
		s := w.from(fmt.Sprintf("2001:db8:100:%x::1", i), "honest")
		if got := w.do(s, `{"type":"allocate"}`); len(got) < 15 || got[:14] != "ack, allocated" {
			t.Fatalf("honest client %d: %s", i, got)
		}
	}
	check(t, w)
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{`{"type":"bind","appid":"a","side":"b"}`, `{"type":"claim","nameplate":"1"}`, `{}`, `[`, `{"type":"add","phase":0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		w := newTown(t, Limits{})
		s := w.bound("a")
		w.give(s, string(frame))
		for _, in := range w.inbox {
			for _, m := range in {
				m.Encode(w.now)
			}
		}
		check(t, w)
	})
}
