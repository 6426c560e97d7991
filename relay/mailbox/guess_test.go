package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const scaryFrame = `{"type":"close","mood":"scary"}`

// waits has a sender from an address wait at a nameplate, with its pake.
func (w *town) waits(from, side, nameplate string) *caller {
	s := w.from(from, side)
	w.enter(s, nameplate)
	w.do(s, addFrame("pake", "aa"))
	return s
}

// enter claims a nameplate and opens its mailbox, and returns what the claim got.
func (w *town) enter(s *caller, nameplate string) string {
	got := w.do(s, claimFrame(nameplate))
	if strings.Contains(got, "claimed") {
		w.do(s, openFrame(w.plate(nameplate).box))
	}
	return got
}

// seats returns how many seats of a source may still be ruined now.
func (w *town) seats(ip string) (n int) {
	for ; n < 100; n++ {
		here := fmt.Sprintf("10.77.%d.%d", w.made/250, 1+w.made%250)
		w.made++
		nameplate := fmt.Sprint(700_000 + w.made)
		w.waits(here, "here", nameplate)
		s := w.from(ip, "there")
		if got := w.enter(s, nameplate); !strings.Contains(got, "claimed") {
			if !strings.Contains(got, "try again in") {
				w.t.Errorf("refused as %q", got)
			}
			return n
		}
		w.disconnect(s)
	}
	return n
}

// Fails when seats that come to nothing aren't counted, each once.
func TestRuinedSeats(t *testing.T) {
	const here, there = "198.51.100.1", "192.0.2.66"
	type scene struct {
		*town
		a, b *caller // who waits, and who came
	}
	for _, c := range []struct {
		name string
		play func(scene)
		left int
	}{
		{"the other closes as scary", func(s scene) { s.do(s.a, addFrame("version", "cc"), scaryFrame) }, 5},
		{"the other closes", func(s scene) { s.do(s.a, closeFrame) }, 5},
		{"the other says a numbered phase", func(s scene) { s.do(s.a, addFrame("version", "cc"), addFrame("0", "cc"), closeFrame) }, 7},
		{"the other opens a second channel", func(s scene) { s.do(s.a, addFrame("dilate-0", "cc")) }, 7},
		{"and closes as scary afterwards", func(s scene) { s.do(s.a, addFrame("0", "cc"), scaryFrame) }, 6},
		{"it leaves without a word", func(s scene) { s.disconnect(s.b) }, 5},
		{"it stays without a word", func(s scene) {}, 5},
		{"it says a numbered phase itself", func(s scene) { s.do(s.b, addFrame("pake", "bb"), addFrame("0", "bb"), closeFrame) }, 5},
		{"it says one in the other's name", func(s scene) {
			forger := s.from(there, "a")
			s.do(forger, openFrame(s.b.mailbox.key.Name), addFrame("0", "bb"))
		}, 5},
		{"a helper says one in the other's name", func(s scene) {
			forger := s.from("203.0.113.5", "a")
			s.do(forger, openFrame(s.b.mailbox.key.Name), addFrame("0", "bb"))
		}, 5},
		{"somebody closes in the other's name", func(s scene) {
			forger := s.from("203.0.113.5", "a")
			s.do(forger, `{"type":"close","mailbox":"`+s.b.mailbox.key.Name+`","mood":"scary"}`)
			s.do(s.a, addFrame("0", "cc"))
		}, 7},
		{"it comes back before the other has spoken", func(s scene) {
			s.disconnect(s.b)
			b := s.from(there, "b")
			s.enter(b, "4")
			s.do(b, addFrame("pake", "bb"))
			s.do(s.a, addFrame("0", "cc"))
		}, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, Limits{})
			a := w.waits(here, "a", "4")
			b := w.from(there, "b")
			w.enter(b, "4")
			c.play(scene{w, a, b})
			// Whose seat isn't decided is told when it is.
			for _, p := range b.sits {
				w.memory().giveUp(p.box, p.seat, w.now)
			}
			if n := w.seats(there); n != c.left {
				t.Errorf("%d seats are left, want %d", n, c.left)
			}
			if n := w.seats("203.0.113.99"); n != 6 {
				t.Errorf("another source has %d", n)
			}
		})
	}
}

// Fails when a source that has used up its seats doesn't get another one after ten
// minutes, or gets two; or is told of a longer time.
func TestSeatsComeBack(t *testing.T) {
	const there = "192.0.2.66"
	w := newTown(t, Limits{})
	for i, want := range []int{6, 1, 1, 1} {
		if n := w.seats(there); n != want {
			t.Errorf("round %d: %d seats, want %d", i, n, want)
		}
		if d := w.memory().guesses.wait(at(there), w.now); d > 10*time.Minute || d < 9*time.Minute {
			t.Errorf("round %d: it has to wait %v", i, d)
		}
		w.now = w.now.Add(10 * time.Minute)
	}
	w.now = w.now.Add(24 * time.Hour)
	if n := w.seats(there); n != 6 {
		t.Errorf("%d seats a day later", n)
	}
}

// Fails when a source earns more than one seat beyond its six, or earns it from
// itself.
func TestCredit(t *testing.T) {
	keep := func(w *town, here, there, nameplate string) {
		a := w.waits(here, "a", nameplate)
		b := w.from(there, "b")
		if got := w.enter(b, nameplate); !strings.Contains(got, "claimed") {
			t.Fatal(got)
		}
		w.do(a, addFrame("0", "00"), closeFrame)
		w.do(b, closeFrame)
	}
	const there = "192.0.2.66"
	w := newTown(t, Limits{})
	for i := range 20 {
		keep(w, "198.51.100.1", there, fmt.Sprint(100+i))
	}
	if n := w.seats(there); n != 7 {
		t.Errorf("%d seats, want 7", n)
	}
	keepNone := w.from(there, "x")
	w.waits("198.51.100.1", "a", "200")
	if got := w.enter(keepNone, "200"); !strings.Contains(got, "try again") {
		t.Error(got)
	}
	w = newTown(t, Limits{})
	keep(w, there, there, "100")
	if n := w.seats(there); n != 6 {
		t.Errorf("%d seats for who waited for himself, want 6", n)
	}
}

// Fails when networks of IPv6 that one customer may have can ruin as many seats as
// they have addresses.
func TestRuinedSeatsByNetwork(t *testing.T) {
	w := newTown(t, Limits{})
	if n := w.seats("2001:db8:1:100::1"); n != 6 {
		t.Errorf("%d seats of a /64", n)
	}
	total := 6
	for i := 1; i < 256; i++ {
		total += w.seats(fmt.Sprintf("2001:db8:1:1%02x::1", i))
	}
	if total != 24 {
		t.Errorf("%d seats of a /56, want 24", total)
	}
	for i := range 64 {
		total += w.seats(fmt.Sprintf("2001:db8:1:%x00::1", 2+i))
	}
	if total != 48 {
		t.Errorf("%d seats of a /48, want 48", total)
	}
}

// Fails when a claim isn't held while it is open what becomes of the others, isn't
// answered as soon as that is known, or is held too long.
func TestHeldClaims(t *testing.T) {
	const there = "192.0.2.66"
	w := newTown(t, Limits{})
	var senders, guests []*caller
	for i := range 8 {
		n := fmt.Sprint(100 + i)
		senders = append(senders, w.waits(fmt.Sprintf("198.51.100.%d", i), "a", n))
		s := w.from(there, "b")
		guests = append(guests, s)
		want := "ack, claimed " + w.plate(n).box
		if i >= 6 {
			want = "ack"
		}
		w.got(s)
		w.want(s, claimFrame(n), want)
	}
	w.do(senders[3], addFrame("0", "00"))
	if got := w.got(guests[6]); !strings.HasPrefix(got, "claimed") {
		t.Errorf("after a seat was kept the first got %q", got)
	}
	// The credit that came with it serves the second one.
	if got := w.got(guests[7]); !strings.HasPrefix(got, "claimed") {
		t.Errorf("after a seat was kept the second got %q", got)
	}
	w.waits("198.51.100.99", "a", "99")
	late, gone := w.from(there, "c"), w.from(there, "d")
	w.got(late)
	w.want(late, claimFrame("99"), "ack")
	w.do(gone, claimFrame("99"))
	w.disconnect(gone)
	w.now = w.now.Add(holdTime - time.Second)
	if w.tick(); w.got(late) != "" {
		t.Error("answered too early")
	}
	w.now = w.now.Add(time.Second)
	w.tick()
	if got := w.got(late); !strings.HasPrefix(got, "error too many codes from your address") || late.hold != nil {
		t.Errorf("after %v: %q", holdTime, got)
	}
	if len(w.memory().holds.of) != 0 || w.memory().holds.order.Len() != 0 {
		t.Error("something is still held")
	}
	// When nothing is open any more there is nothing to wait for.
	for _, s := range senders {
		w.do(s, scaryFrame)
	}
	late = w.from(there, "c")
	if got := w.do(late, claimFrame("99")); !strings.Contains(got, "try again in") {
		t.Errorf("with nothing open: %q", got)
	}
}

// Fails when more commands of one network are held than may be.
func TestHeldClaimsAreBounded(t *testing.T) {
	w := newTown(t, Limits{ClaimsPerSource: 1000})
	held := 0
	for i := range 200 {
		n := fmt.Sprint(1000 + i)
		w.waits(fmt.Sprintf("198.51.100.%d", i), "a", n)
		s := w.from("192.0.2.66", "b")
		if w.do(s, claimFrame(n)); s.hold != nil {
			held++
		}
	}
	if held != holdsPerNetwork {
		t.Errorf("%d are held", held)
	}
}

// Fails when the pressure doesn't follow the share of ruined seats, or moves up and
// down all the time.
func TestShareOfRuinedSeats(t *testing.T) {
	now := epoch
	var g gauge
	count := func(v verdict, n int) {
		for range n {
			g.count(v, now)
		}
	}
	want := func(name string, level int) {
		t.Helper()
		if got := g.pressure(now); got != level {
			t.Errorf("%s: %d, want %d", name, got, level)
		}
	}
	want("at first", 0)
	count(ruined, fewRuined)
	want("a few mistakes", 0)
	count(kept, 24)
	count(ruined, 1)
	want("a class", 0)
	count(ruined, 6)
	want("a third", 1)
	count(ruined, 20)
	want("more than half", 2)
	count(ruined, 60)
	want("nearly all", 3)
	count(kept, 1000)
	want("calm at once", 3)
	now = now.Add(calmTime)
	want("calm for a while", 2)
	want("not two at a time", 2)
	now = now.Add(calmTime)
	want("calm for longer", 1)
	now = now.Add(time.Hour)
	want("an hour later", 0)
	now = now.Add(-2 * time.Hour)
	count(ruined, 10)
	want("a clock that went back", 3)
}

// Fails when an operator's server tells nobody the numbers, or another one does.
func TestListOnlyWhereAllowed(t *testing.T) {
	w := newTown(t, Limits{})
	w.do(w.bound("a"), claimFrame("4"))
	w.want(w.bound("b"), listFrame, "ack, nameplates 4")
	w.b.lists = false
	w.want(w.bound("b"), listFrame, "ack, nameplates")
}

// Fails when a source may have as many lists as it likes.
func TestListsAreMetered(t *testing.T) {
	w := newTown(t, Limits{})
	s := w.from("192.0.2.66", "a")
	w.got(s)
	for range 120 {
		w.want(s, listFrame, "ack, nameplates")
	}
	w.want(s, listFrame, "ack, error "+string(errListing))
	w.want(w.from("192.0.2.67", "a"), listFrame, "ack, nameplates")
}

// Fails when the seat of a side that left before the other said anything isn't free
// again, or one that was answered is; and when what the one who left has said is
// still there for who wakes up.
func TestSeatOfWhoLeftUnanswered(t *testing.T) {
	const close = closeFrame
	wait := func(d time.Duration) func(*town, *caller, *caller) {
		return func(w *town, a, b *caller) { w.now = w.now.Add(d) }
	}
	type step = func(w *town, a, b *caller)
	leaves := func(w *town, a, b *caller) { w.disconnect(b) }
	closes := func(w *town, a, b *caller) { w.do(b, close); w.disconnect(b) }
	answers := func(w *town, a, b *caller) { w.do(a, addFrame("version", "cc")) }
	sleeps := func(w *town, a, b *caller) { w.disconnect(a) }
	for _, c := range []struct {
		name  string
		steps []step
		free  bool
	}{
		{"gives up after a minute", []step{wait(time.Minute), closes}, true},
		{"gives up on one that isn't connected", []step{sleeps, wait(time.Minute), closes}, true},
		{"closes at once", []step{closes}, false},
		{"closes at once, and then some time passes", []step{closes, wait(unanswered)}, true},
		{"loses its connection", []step{wait(time.Minute), leaves}, false},
		{"loses its connection for good", []step{leaves, wait(absent)}, true},
		{"gives up after an answer", []step{answers, wait(time.Minute), closes}, false},
		{"gives up before a late answer", []step{wait(time.Minute), closes, answers}, false},
		{"stays", []step{wait(time.Hour)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, Limits{})
			a, b := w.bound("a"), w.bound("b")
			w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "aa"))
			w.do(b, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "bb"), addFrame("version", "bb"), releaseFrame)
			for _, step := range c.steps {
				step(w, a, b)
			}
			next := w.bound("c")
			w.got(next)
			if !c.free {
				w.want(next, claimFrame("4"), "ack, error crowded")
				return
			}
			w.want(next, claimFrame("4"), "ack, claimed mailbox1")
			w.want(next, openFrame("mailbox1"), "ack, message a:pake=aa")
			w.do(next, addFrame("pake", "cc"))
			if connected := c.name != "gives up on one that isn't connected"; w.hung[a] != connected || a.mailbox != nil {
				t.Error("who was sent what is gone now is still listening")
			}
			// Who wakes up meets the one who is there now.
			a = w.bound("a")
			w.got(a)
			w.want(a, claimFrame("4"), "ack, claimed mailbox1")
			w.want(a, openFrame("mailbox1"), "ack, message a:pake=aa, message c:pake=cc")
			w.want(w.bound("b"), openFrame("mailbox1"), "ack, error crowded")
			check(t, w)
		})
	}
}

// Fails when who wakes up finds what somebody has said who came and left meanwhile: there
// is one answer for a code, and it must be for somebody who is there.
func TestWakingUpAlone(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "aa"))
	w.do(b, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "bb"), addFrame("version", "bb"), releaseFrame)
	w.now = w.now.Add(time.Minute)
	w.do(b, closeFrame)
	w.disconnect(b)
	w.disconnect(a)
	a = w.bound("a")
	w.got(a)
	w.want(a, claimFrame("4"), "ack, claimed mailbox1")
	w.want(a, openFrame("mailbox1"), "ack, message a:pake=aa")
	c := w.bound("c")
	w.got(c)
	w.want(c, claimFrame("4"), "ack, claimed mailbox1")
	w.want(c, openFrame("mailbox1"), "ack, message a:pake=aa")
	w.want(c, addFrame("pake", "cc"), "ack, message c:pake=cc")
	if got := w.got(a); got != "message c:pake=cc" {
		t.Errorf("who woke up got %q", got)
	}
	check(t, w)
}

// Fails when the source that claimed a used number first can't have it again as the
// first of two, when others can, or when they can't come to it then.
func TestUsedNumberAgain(t *testing.T) {
	const sender, other = "198.51.100.1", "192.0.2.66"
	w := newTown(t, Limits{})
	meet := func(a, b *caller) {
		for _, s := range []*caller{a, b} {
			if got := w.enter(s, "4"); !strings.Contains(got, "claimed") {
				t.Fatal(got)
			}
			w.do(s, addFrame("pake", "00"), addFrame("version", "00"), addFrame("0", "00"))
		}
		for _, s := range []*caller{a, b} {
			w.do(s, releaseFrame, closeFrame)
			w.disconnect(s)
		}
	}
	for i := range 5 {
		meet(w.from(sender, fmt.Sprint("a", i)), w.from(fmt.Sprintf("203.0.113.%d", i), "b"))
		late := w.from(other, "c")
		w.got(late)
		w.want(late, claimFrame("4"), "ack, error nameplate was already used")
		w.want(w.from("203.0.113.0", "b"), claimFrame("4"), "ack, error reclaimed")
		w.want(w.from(sender, fmt.Sprint("a", i)), claimFrame("4"), "ack, error reclaimed")
		w.now = w.now.Add(time.Hour)
	}
	// The sender may be quicker than the receiver is in releasing it.
	a, b := w.from(sender, "x"), w.from("203.0.113.77", "b")
	for _, s := range []*caller{a, b} {
		w.enter(s, "4")
		w.do(s, addFrame("pake", "00"))
	}
	w.do(a, releaseFrame)
	again := w.from(sender, "y")
	if got := w.enter(again, "4"); !strings.Contains(got, "claimed") {
		t.Errorf("before the other has released it: %s", got)
	}
	w.do(again, addFrame("pake", "11"))
	if got := w.do(a, addFrame("0", "22")); strings.Contains(got, "error") {
		t.Errorf("the first two can't go on: %s", got)
	}
	w.do(b, releaseFrame)
	if got := w.enter(w.from("203.0.113.78", "z"), "4"); !strings.Contains(got, "claimed") {
		t.Errorf("the next one who comes: %s", got)
	}
	check(t, w)
}

// Fails when a number whose mailbox couldn't be made is free for others.
func TestUsedNumberOfAFullServer(t *testing.T) {
	w := newTown(t, Limits{Mailboxes: 1})
	a, b := w.from("198.51.100.1", "a"), w.from("203.0.113.1", "b")
	for _, s := range []*caller{a, b} {
		w.enter(s, "4")
	}
	for _, s := range []*caller{a, b} {
		w.do(s, releaseFrame, closeFrame)
	}
	w.do(w.from("203.0.113.9", "z"), openFrame("m"))
	w.want(w.from("198.51.100.1", "c"), claimFrame("4"), "ack, error "+string(errFull))
	w.want(w.from("192.0.2.66", "d"), claimFrame("4"), "ack, error "+string(errUsed))
}
