package mailbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/store"
	"sesame/relay/store/storetest"
)

// newFailingTown is newTown with a store of which each fifth group of changes fails, and half of those are
// made all the same.
func newFailingTown(t *testing.T, l Limits, seed uint64) *town {
	w := bareTown(t)
	w.noted = &noted{made: make(map[string]bool), Store: store.NewMemory(func() time.Time { return w.now })}
	w.noted.faulty = storetest.NewUnreliable(w.noted, storetest.Faults{Errors: 5, Conflicts: 20, Lost: 10}, seed)
	w.store = w.noted.faulty
	w.noted.calm(true)
	w.open(l)
	w.noted.calm(false)
	return w
}

// Fails when clients that play at random on a store that fails are told what isn't so, or when what the
// relay remembers isn't what the store has, soon after it does its work again: what it didn't hear that
// the store has taken, too.
func TestModelOnFailingStore(t *testing.T) {
	if os.Getenv(storeKind) != "" {
		t.Skip("it is one")
	}
	failed := 0
	for seed := range uint64(40) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { failed += playFailing(t, seed) })
	}
	if failed < 400 {
		t.Errorf("%d commands have failed: the test is broken", failed)
	}
}

// playFailing plays one game, and returns how many commands have failed.
func playFailing(t *testing.T, seed uint64) (failed int) {
	r := rand.New(rand.NewPCG(seed, 2))
	limits := Limits{Mailboxes: 12, MailboxesPerSource: 9, MailboxMessages: 4, MailboxBytes: 2000, TotalBytes: 6000, Quarantined: 3}
	w := newFailingTown(t, limits, seed)
	w.b.pick = r.IntN
	one := func(from ...string) string { return from[r.IntN(len(from))] }
	said := map[string]bool{} // what somebody was told that it is kept
	frame := func() string {
		switch r.IntN(9) {
		case 0:
			return `{"type":"allocate"}`
		case 1, 2:
			return claimFrame(one("0", "1", "2", "3"))
		case 3:
			return releaseFrame
		case 4:
			return openFrame(one("m", "mailbox1", "mailbox2", "mailbox3"))
		case 5:
			return closeFrame
		}
		return addFrame(one("pake", "version", "0", "1"), one("00", "01"))
	}
	var open []*caller
	gone := func(i int) {
		w.disconnect(open[i])
		open = slices.Delete(open, i, i+1)
	}
	for step := range 300 {
		w.now = w.now.Add(time.Duration(r.IntN(20)) * time.Second)
		switch n := r.IntN(20); {
		case len(open) == 0 || n < 3 && len(open) < 12:
			s := w.connect()
			open = append(open, s)
			w.do(s, fmt.Sprintf(`{"type":"bind","appid":"app","side":%q,"retry":%v}`, one("a", "b", "c"), r.IntN(2) == 0))
		case n == 3:
			gone(r.IntN(len(open)))
		case n == 4:
			if _, err := w.b.Sweep(t.Context(), w.now); err != nil && !errors.Is(err, storetest.ErrUnreliable) {
				t.Fatal(err)
			}
			w.settle()
		default:
			i := r.IntN(len(open))
			s := open[i]
			clear(w.inbox)
			w.give(s, frame())
			in := w.inbox[s]
			if len(in) == 0 || in[0].Type != wire.Ack {
				t.Fatalf("the first delivery is %+v", in)
			}
			if w.hung[s] || in[len(in)-1].Retry > 0 {
				failed++
			}
			for _, m := range in {
				if m.Type == wire.Claimed {
					said[m.Mailbox] = true
				}
			}
			if w.hung[s] {
				gone(i)
			}
		}
		if step%50 == 49 { // a minute later it is well
			w.noted.calm(true)
			if err := w.b.desk.store.note(nil, nil); err != nil {
				t.Fatal(err)
			}
			w.sweep()
			checkSums(t, w)
			w.noted.calm(false)
		}
	}
	w.noted.calm(true)
	for len(open) > 0 {
		gone(0)
	}
	for range 3 { // the first ends mailboxes, the second their quarantine
		w.now = w.now.Add(25 * time.Hour)
		w.b.desk.store.note(nil, nil)
		w.sweep()
	}
	checkSums(t, w)
	w.empty()
	if len(said) == 0 {
		t.Error("nobody was ever told of a mailbox: the test is broken")
	}
	return failed
}

// checkSums compares what the board remembers with what is in the store, but for what spans two
// records: a number may lead to a mailbox that couldn't be made, or that nobody holds any more.
func checkSums(t *testing.T, w *town) {
	t.Helper()
	st := w.memory()
	plates := w.keys(kindPlate)
	taken := [maxDigits + 1]int{}
	for _, k := range plates {
		taken[digits(k.Name)]++
		o, n := st.numbers.find(k), w.plate(k.Name)
		if o == nil || o.resting != (n.box == "") || o.resting && !o.until.Equal(n.until) {
			t.Fatalf("nameplate %v is %+v, known as %+v", k, n, o)
		}
	}
	if a := st.numbers.apps["app"]; a == nil && len(plates) > 0 || a != nil && a.digits != taken {
		t.Fatalf("taken %v, counted %+v", taken, a)
	}
	boxes, bytes := w.keys(kindBox), 0
	for _, k := range boxes {
		c, err := w.b.visit(t.Context(), &caller{app: k.App}, w.now).look(k)
		m := st.boxes[k]
		if err != nil || m == nil || m.gone || len(c.sides) == 0 || len(c.sides) > 2 {
			t.Fatalf("mailbox %v is %+v, known as %+v, %v", k, c, m, err)
		}
		_, own := c.extent(func(*message) bool { return true })
		if own != m.bytes {
			t.Fatalf("mailbox %v has %d bytes, counted %d", k, own, m.bytes)
		}
		bytes += own
		for _, s := range m.subs {
			if s.mailbox != m {
				t.Fatalf("a subscriber that doesn't listen: %+v", s)
			}
		}
	}
	if len(boxes) != len(st.boxes) || len(boxes) != len(st.list) || bytes != st.bytes {
		t.Fatalf("%d mailboxes, %d bytes; counted %d, %d, %d", len(boxes), bytes, len(st.boxes), len(st.list), st.bytes)
	}
}
