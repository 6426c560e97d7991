//go:build linux && long

package endtoend

import (
	"context"
	"slices"
	"testing"
	"time"

	"sesame/transit"
)

// The same for as long as the promise is: 20 restarts, 60 transfers.
func TestManyRestarts(t *testing.T) {
	testRestarts(t, 20, 3)
}

// Fails if who waits for its partner at a pipe is long not there after its relay was started again, though it isn't told
// when to come back (doc/relay.md §4.2). It prints how long a session takes to carry again.
func TestWaitingPipesAfterRestarts(t *testing.T) {
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else each restart takes a second more
	w := newWorld(t)
	restart := w.supervise()
	var away, took []time.Duration // from the signal to the next server, and from then on
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		key := func(purpose string, size int) []byte { return append([]byte(purpose), make([]byte, size)...)[:size] }
		come := func(role transit.Role) *transit.Lanes {
			ls, err := transit.OpenLanes(ctx, role, &transit.LanesConfig{Config: transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: w.address}}}})
			if err != nil {
				t.Fatal(err)
			}
			ls.Start(key, nil)
			return ls
		}
		waits := come(transit.Leader)
		time.Sleep(200 * time.Millisecond) // it waits by now, or comes to the next server for the first time
		stopped := time.Now()
		restart()
		begun := time.Now()
		away = append(away, begun.Sub(stopped))
		partner := come(transit.Follower)
		for _, ls := range []*transit.Lanes{waits, partner} {
			if _, err := ls.Next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		took = append(took, time.Since(begun))
		waits.Close()
		partner.Close()
		cancel()
	}
	slices.Sort(away)
	slices.Sort(took)
	t.Logf("a restart takes %v to %v; a session carries again after %v in the middle, %v at the most",
		away[0].Round(time.Millisecond), away[len(away)-1].Round(time.Millisecond), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	if most := took[len(took)-1]; most > 5*time.Second {
		t.Errorf("one took %v", most)
	}
}
