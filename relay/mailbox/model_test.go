package mailbox

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
	"sesame/relay/store"
)

// TestModel plays random clients against a board and checks what must always
// hold: two sides at most, counters that agree with the tables, nobody hears
// another application, an ack before everything else, and nothing left at the
// end.
func TestModel(t *testing.T) {
	held := 0
	for seed := range uint64(60) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { held += play(t, seed) })
	}
	if held < 20 {
		t.Errorf("%d commands were held: the test is broken", held)
	}
}

// play plays one game, and returns how many commands were held in it.
func play(t *testing.T, seed uint64) (held int) {
	r := rand.New(rand.NewPCG(seed, 1))
	w := newTown(t, Limits{Mailboxes: 12, MailboxesPerSource: 9, MailboxMessages: 4, MailboxBytes: 2000, TotalBytes: 6000, Quarantined: 3,
		ClaimsPerSource: 1000, UnknownPerSource: 1000, RuinedPerSource: 1, RuinedEvery: 2 * time.Minute})
	w.b.pick = r.IntN
	apps, sides := []string{"x", "y"}, []string{"a", "b", "c", "d"}
	nameplates := []string{"0", "1", "2", "3"}
	mailboxes := []string{"m", "n", "mailbox1", "mailbox2", "mailbox3"}
	one := func(from []string) string { return from[r.IntN(len(from))] }
	frame := func() string {
		switch r.IntN(12) {
		case 0:
			return fmt.Sprintf(`{"type":"bind","appid":%q,"side":%q}`, one(apps), one(sides))
		case 1:
			return `{"type":"allocate"}`
		case 2, 9, 10:
			return claimFrame(one(nameplates))
		case 3:
			return fmt.Sprintf(`{"type":"release","nameplate":%q}`, one(nameplates))
		case 4:
			return releaseFrame
		case 5:
			return openFrame(one(mailboxes))
		case 6:
			return closeFrame
		case 7:
			return fmt.Sprintf(`{"type":"close","mailbox":%q,"mood":%q}`, one(mailboxes), one([]string{"scary", "lonely"}))
		}
		return addFrame(one([]string{"pake", "version", "0", "1"}), one([]string{"00", "01"}))
	}
	var open []*caller
	for range 400 {
		w.now = w.now.Add(time.Duration(r.IntN(20)) * time.Second)
		switch n := r.IntN(20); {
		case len(open) == 0 || n < 3 && len(open) < 12:
			s := w.connect()
			if ip := one([]string{"", "192.0.2.66", "2001:db8:1:1::1"}); ip != "" {
				s = w.arrives(at(ip), false)
			}
			open = append(open, s)
			w.do(s, fmt.Sprintf(`{"type":"bind","appid":%q,"side":%q}`, one(apps), one(sides)))
		case n == 3:
			i := r.IntN(len(open))
			w.disconnect(open[i])
			open = slices.Delete(open, i, i+1)
		case n == 4:
			w.sweep()
		case n == 5:
			w.tick()
		default:
			s := open[r.IntN(len(open))]
			if s.hold != nil {
				continue
			}
			for c := range w.inbox {
				delete(w.inbox, c)
			}
			w.give(s, frame())
			if in := w.inbox[s]; len(in) == 0 || in[0].Type != wire.Ack {
				t.Fatalf("the first delivery is %+v", in)
			}
			if s.hold != nil {
				held++
			}
			for to, in := range w.inbox {
				for _, m := range in {
					if to.app != s.app && m.Type == wire.MessageType {
						t.Fatal("a message to another application")
					}
				}
			}
		}
		check(t, w)
	}
	for _, s := range open {
		w.disconnect(s)
	}
	check(t, w)
	for range 2 { // the first ends mailboxes, the second their quarantine
		w.now = w.now.Add(25 * time.Hour)
		w.sweep()
		w.empty()
	}
	if apps := w.memory().numbers.apps; len(apps) != 0 {
		t.Errorf("%d applications are left", len(apps))
	}
	return held
}

// check compares what the board remembers with what is in the store.
func check(t *testing.T, w *town) {
	t.Helper()
	w.noted.calm(true)
	defer w.noted.calm(false)
	st := w.memory()
	var bytes, used int
	undecidedSeats := make(map[netip.Prefix]int)
	sources := source.NewTally(st.limits.MailboxesPerSource, st.limits.Mailboxes)
	taken := make(map[string][maxDigits + 1]int)
	plates := w.keys(kindPlate)
	for _, k := range plates {
		digit := taken[k.App]
		digit[digits(k.Name)]++
		taken[k.App] = digit
		r, _ := w.store.Get(t.Context(), k)
		n, err := parsePlate(r.Head)
		if err != nil {
			t.Fatal(err)
		}
		o := st.numbers.find(k)
		if o == nil || o.resting != (n.box == "") {
			t.Fatalf("nameplate %v is %+v, known as %+v", k, n, o)
		}
		if n.box == "" {
			used++
			if o.version != r.Version || !o.until.Equal(n.until) || len(n.claims) > 2 {
				t.Fatalf("nameplate %v rests as %+v, known as %+v", k, n, o)
			}
			continue
		}
		c, err := w.b.visit(t.Context(), &caller{app: k.App}, w.now).look(store.Key{Kind: kindBox, App: k.App, Name: n.box})
		if err != nil || c.number != k.Name || c.vacant {
			t.Fatalf("nameplate %v leads to %+v, %v", k, c, err)
		}
	}
	for app, digit := range taken {
		if a := st.numbers.apps[app]; a == nil || a.digits != digit {
			t.Fatalf("taken %v, counted %v", digit, a)
		}
	}
	if len(taken) != len(st.numbers.apps) {
		t.Fatalf("%d applications, counted %d", len(taken), len(st.numbers.apps))
	}
	boxes := w.keys(kindBox)
	for _, k := range boxes {
		m := st.boxes[k]
		c, err := w.b.visit(t.Context(), &caller{app: k.App}, w.now).look(k)
		if err != nil || m == nil || m.gone {
			t.Fatalf("mailbox %v: %+v, %v", k, m, err)
		}
		_, own := c.extent(func(*message) bool { return true })
		if own != m.bytes {
			t.Fatalf("mailbox %v has %d bytes, counted %d", k, own, m.bytes)
		}
		bytes += own
		sources.Add(m.source, 1)
		if len(c.sides) > 2 || len(c.sides) == 0 {
			t.Fatalf("%d sides", len(c.sides))
		}
		for _, s := range m.subs {
			if s.mailbox != m || c.side(s.side) == nil || s.app != k.App || s.seat(m) != c.side(s.side).seat {
				t.Fatalf("a subscriber that isn't a side: %+v", s)
			}
		}
		for seat, n := range m.here {
			if n.all < n.listening || n.listening < 0 || c.seated(seat) == nil && n.all > 0 {
				t.Fatalf("%+v present", n)
			}
		}
		for seat, taken := range m.seats {
			p := c.seated(seat)
			if p == nil || !p.second || c.judgement(p) != taken.verdict {
				t.Fatalf("a seat is %+v, known as %+v", p, taken)
			}
			if !taken.free && taken.verdict == undecided {
				undecidedSeats[taken.source.Widest()]++
			}
		}
	}
	if !maps.Equal(undecidedSeats, st.guesses.open) {
		t.Fatalf("undecided seats are %v, counted %v", undecidedSeats, st.guesses.open)
	}
	held := 0
	for n, q := range st.holds.of {
		held += len(q)
		for _, h := range q {
			if h.caller.hold != h || h.caller.source.Widest() != n {
				t.Fatalf("a command in the wrong place: %+v", h)
			}
		}
	}
	if held != st.holds.order.Len() || len(st.holds.stirred) != 0 {
		t.Fatalf("%d commands are held, %d in order, %d sits are stirred", held, st.holds.order.Len(), len(st.holds.stirred))
	}
	for _, a := range st.numbers.apps {
		for i, o := range a.live {
			if o.index != i || o.resting || a.all[o.key.Name] != o {
				t.Fatalf("nameplate %v in place %d: %+v", o.key, i, o)
			}
		}
	}
	if len(boxes) != len(st.list) || len(boxes) != len(st.boxes) || bytes != st.bytes || used != w.used() || sources.Sources() != st.stock.boxes.Holders() {
		t.Fatalf("counted %d mailboxes, %d bytes, %d used, %d sources; have %d, %d, %d, %d",
			len(boxes), bytes, used, sources.Sources(), len(st.list), st.bytes, w.used(), st.stock.boxes.Holders())
	}
}
