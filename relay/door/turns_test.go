package door

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"sesame/relay/source"
)

func from(address string) source.Source {
	s, _ := source.At(netip.MustParseAddr(address), false)
	return s
}

// One source that wants all the places doesn't keep another from the next that comes free.
func TestTurnsAreShared(t *testing.T) {
	turns := NewTurns(4)
	var order []string
	ask := func(who string) *Turn {
		return turns.Enter(from(who), func() { order = append(order, who) }, func() { t.Errorf("%s is dropped", who) })
	}
	a := ask("192.0.2.1")
	for _, who := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.2"} {
		ask(who)
	}
	if ask("192.0.2.1") != nil {
		t.Error("a source has more than half of the places")
	}
	gone := ask("192.0.2.3")
	ask("192.0.2.4")
	late := ask("192.0.2.4")
	if len(order) != 4 {
		t.Fatalf("%d at work, want 4", len(order))
	}
	turns.Leave(gone)
	turns.Leave(a)
	if got := order[4:]; !slices.Equal(got, []string{"192.0.2.4"}) {
		t.Errorf("then came %q, want the one who waited and has none at work", got)
	}
	turns.Leave(late)
	if len(turns.waiting) != 0 || turns.working != 4 {
		t.Errorf("%d wait, %d work", len(turns.waiting), turns.working)
	}
}

// However they come and go, never more than the bounds, nobody is forgotten, and no
// place stays empty while somebody waits.
func TestTurnsAreBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	turns := NewTurns(6)
	begun := map[*Turn]bool{}
	var all []*Turn
	for range 20000 {
		if r.IntN(3) > 0 || len(all) == 0 {
			started := false
			var turn *Turn
			turn = turns.Enter(from([]string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.4"}[r.IntN(4)]), func() {
				started = true
				if turn != nil {
					begun[turn] = true
				}
			}, func() { t.Fatal("somebody is dropped while there is room") })
			if turn != nil {
				begun[turn] = started
				all = append(all, turn)
			}
		} else {
			i := r.IntN(len(all))
			turns.Leave(all[i])
			delete(begun, all[i])
			all = slices.Delete(all, i, i+1)
		}
		working := 0
		for _, b := range begun {
			if b {
				working++
			}
		}
		if working != min(6, len(all)) || len(turns.waiting) != len(all)-working || len(turns.of) > 4 {
			t.Fatalf("%d of %d work, %d wait, %d sources", working, len(all), len(turns.waiting), len(turns.of))
		}
	}
	for _, turn := range all {
		turns.Leave(turn)
	}
	if turns.working != 0 || len(turns.of) != 0 {
		t.Errorf("%d work, %d sources are left", turns.working, len(turns.of))
	}
}

// Sources that fill all places, those where one waits too, keep nobody else out: the
// newest of theirs makes room.
func TestTurnsOfMany(t *testing.T) {
	turns := NewTurns(4)
	dropped := map[byte]int{}
	for i := range 2 * queued * 4 {
		from, _ := source.At(netip.AddrFrom4([4]byte{198, 51, 100, byte(i / 2)}), false)
		turns.Enter(from, func() {}, func() { dropped[byte(i/2)]++ })
	}
	full := len(turns.waiting)
	if full != queued*4 {
		t.Fatalf("%d wait, want all %d places taken", full, queued*4)
	}
	clear(dropped) // the later ones have made the earlier ones share already
	begun := false
	mine := turns.Enter(from("192.0.2.1"), func() { begun = true }, func() { t.Error("the newcomer is dropped") })
	if mine == nil {
		t.Fatal("there is no place for a newcomer")
	}
	sum := 0
	for _, n := range dropped {
		sum += n
	}
	if sum != 1 || len(turns.waiting) != full {
		t.Errorf("%d are dropped, %d wait", sum, len(turns.waiting))
	}
	turns.Leave(mine)
	turns.Leave(mine)
	if begun {
		t.Error("it has begun without a place")
	}
}
