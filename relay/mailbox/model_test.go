package relay

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
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
				s = &caller{source: at(ip)}
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
			w.deliver(w.b.tick(w.now))
		default:
			s := open[r.IntN(len(open))]
			if s.hold != nil {
				continue
			}
			out := w.b.handle(s, parseRequest([]byte(frame())), w.now)
			if out[0].to != s || out[0].msg.Type != wire.Ack {
				t.Fatalf("the first delivery is %+v", out[0])
			}
			if s.hold != nil {
				held++
			}
			for _, d := range out {
				if d.to.app != s.app && d.msg.Type == wire.MessageType {
					t.Fatal("a message to another application")
				}
			}
		}
		check(t, w.b)
	}
	for _, s := range open {
		w.disconnect(s)
	}
	check(t, w.b)
	for range 2 { // the first ends mailboxes, the second their quarantine
		w.now = w.now.Add(25 * time.Hour)
		w.sweep()
		w.empty()
	}
	if len(w.b.apps) != 0 {
		t.Errorf("%d applications are left", len(w.b.apps))
	}
	return held
}

// check compares the board's counters with its tables.
func check(t *testing.T, b *board) {
	t.Helper()
	var mailboxes, bytes, used int
	undecidedSeats := make(map[netip.Prefix]int)
	sources := source.NewTally(b.limits.MailboxesPerSource, b.limits.Mailboxes)
	for _, a := range b.apps {
		var taken [maxDigits + 1]int
		for id, n := range a.nameplates {
			taken[digits(id)]++
			if n.mailbox == nil {
				used++
			} else if n.mailbox.nameplate != n || n.mailbox.gone || len(n.claims) > 2 {
				t.Fatalf("nameplate %s: %+v", id, n)
			}
		}
		if taken != a.taken {
			t.Fatalf("taken %v, counted %v", taken, a.taken)
		}
		if len(a.nameplates)+len(a.mailboxes) == 0 {
			t.Fatalf("application %q is empty", a.id)
		}
		for _, m := range a.mailboxes {
			mailboxes++
			bytes += m.bytes
			sources.Add(m.source, 1)
			if len(m.sides) > 2 || len(m.sides) == 0 {
				t.Fatalf("%d sides", len(m.sides))
			}
			for _, s := range m.subs {
				if s.mailbox != m || m.side(s.side) == nil || s.app != a.id {
					t.Fatalf("a subscriber that isn't a side: %+v", s)
				}
			}
			for _, p := range m.sides {
				if p.present < 0 {
					t.Fatalf("%d present", p.present)
				}
				if p.seat != nil && !p.seat.free && p.seat.verdict == undecided {
					undecidedSeats[p.seat.source.Widest()]++
				}
			}
		}
	}
	if !maps.Equal(undecidedSeats, b.guesses.open) {
		t.Fatalf("undecided seats are %v, counted %v", undecidedSeats, b.guesses.open)
	}
	held := 0
	for n, q := range b.holds.of {
		held += len(q)
		for _, h := range q {
			if h.caller.hold != h || h.caller.source.Widest() != n {
				t.Fatalf("a command in the wrong place: %+v", h)
			}
		}
	}
	if held != b.holds.order.Len() || len(b.holds.stirred) != 0 {
		t.Fatalf("%d commands are held, %d in order, %d places are stirred", held, b.holds.order.Len(), len(b.holds.stirred))
	}
	for _, a := range b.apps {
		for i, n := range a.live {
			if n.index != i || n.mailbox == nil || a.nameplates[n.id] != n {
				t.Fatalf("nameplate %s in place %d: %+v", n.id, i, n)
			}
		}
	}
	if mailboxes != len(b.mailboxes) || bytes != b.bytes || used != b.used.Len() || !reflect.DeepEqual(sources, b.sources) {
		t.Fatalf("counted %d mailboxes, %d bytes, %d used; have %d, %d, %d",
			mailboxes, bytes, used, len(b.mailboxes), b.bytes, b.used.Len())
	}
}
