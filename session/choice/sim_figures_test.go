package choice

import (
	"fmt"
	"testing"
)

// These are the figures that the rules must reach, in time against the best single way,
// which nobody knows beforehand.

const (
	many   = 100
	worst  = 1.3                      // of any seed
	tooFar = windowBytes + pieceBytes // what the other side never has early
)

func within(t *testing.T, _ scene, r table) {
	t.Helper()
	if got := quantile(r.ratio, 1); got > worst {
		t.Errorf("%.3f times as long as the best single way, at worst", got)
	}
}

// Fails if a transfer is slow beside what one of its ways would have done alone, if it
// stays slow when a way has changed, or if relays carry much where they aren't needed.
func TestSimulatedScenes(t *testing.T) {
	slow, all := each(t, scenes, many, asItIs, func(t *testing.T, s scene, r table) {
		within(t, s, r)
		if got := quantile(r.lag, 0.95); got > 5 {
			t.Errorf("%.1f s behind a change", got)
		}
		if !s.changes && r.switches > 5 {
			t.Errorf("relays began or ended a rest %d times, where nothing changes", r.switches)
		}
		if got := mean(r.relayed); s.name == "near tie" && !few && got > 0.25 {
			t.Errorf("relays carried %.2f where the direct way does as well", got)
		}
	})
	if !few && slow*100 > all {
		t.Errorf("%d of %d seeds were slow", slow, all)
	}
}

// Fails if a transfer is slow whose direct way is there from the beginning, or if the relay
// carries much of one that is over soon, where that fills the line alone.
func TestSimulatedEarly(t *testing.T) {
	slow, all := each(t, scenes, many, early, within)
	if !few && slow*100 > all {
		t.Errorf("%d of %d seeds were slow", slow, all)
	}
	r := scene{"one line, 8 s", oneLine, false}.plays(t, many, early)
	if within(t, scene{}, r); !few && (r.slow*100 > 3*len(r.ratio) || mean(r.relayed) > 0.55) {
		t.Errorf("%d seeds were slow, and relays carried %.2f", r.slow, mean(r.relayed))
	}
}

// Fails if one way holds up another where the other side passes data on in order.
func TestSimulatedOrdered(t *testing.T) {
	inOrder := func(w *world) { w.ordered = true }
	slow, all := each(t, scenes, many, inOrder, func(t *testing.T, s scene, r table) {
		within(t, s, r)
		if r.early > tooFar {
			t.Errorf("the other side held %d bytes", r.early)
		}
	})
	if !few && slow*100 > 3*all {
		t.Errorf("%d of %d seeds were slow", slow, all)
	}
	for _, rates := range [][2]float64{{100, 1}, {1, 100}, {200, 20}} {
		s := scene{fmt.Sprintf("relay %g, direct %g", rates[0], rates[1]), pipe(rates[0], rates[1]), false}
		t.Run(s.name, func(t *testing.T) {
			if r := s.plays(t, many/4, inOrder); r.slow > 0 {
				t.Errorf("%d seeds were slow", r.slow)
			}
		})
	}
}

// Fails if a transfer that is over soon is slow.
func TestSimulatedShort(t *testing.T) {
	each(t, shorts, many, asItIs, func(t *testing.T, s scene, r table) {
		within(t, s, r)
		if !few && r.slow*100 > 3*len(r.ratio) {
			t.Errorf("%d of %d seeds were slow", r.slow, len(r.ratio))
		}
	})
}
