package rendezvous

import (
	"math"
	"testing"
	"testing/synctest"

	"sesame/internal/wire"
)

// Fails if how many connections a server allows through its relay is believed beyond its bounds, or if one that
// says nothing gets more than it may bear.
func TestRelayConns(t *testing.T) {
	for said, want := range map[int]int{0: 2, 1: 1, 2: 2, 8: 8, 16: 16, 17: 16, 1 << 40: 16, -1: 1, math.MinInt: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newFakeServer()
			s.welcome = wire.Welcome{Sesame: &wire.Extension{Lanes: said}}
			c := s.client(t, nil)
			defer c.Close()
			if _, _, got := c.Relay(); got != want {
				t.Errorf("said %d: %d connections, want %d", said, got, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := newFakeServer().client(t, nil)
		defer c.Close()
		if _, _, got := c.Relay(); got != 2 {
			t.Errorf("a server that says nothing of itself: %d connections, want 2", got)
		}
	})
}
