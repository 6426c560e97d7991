package rendezvous

import (
	"strings"
	"testing"
	"testing/synctest"

	"sesame/internal/wire"
)

// Fails when a new code has a word too few where the server says that codes are
// being guessed, or one too many elsewhere; or when what the server says is
// believed beyond its bounds.
func TestPressure(t *testing.T) {
	for said, want := range map[int]struct{ level, words int }{
		-1: {0, 2}, 0: {0, 2}, 1: {1, 3}, 2: {2, 3}, 3: {3, 3}, 1 << 40: {3, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newFakeServer()
			s.welcome = wire.Welcome{Sesame: &wire.Extension{Pressure: said}}
			c := s.client(t, nil)
			defer c.Close()
			if got := c.Pressure(); got != want.level {
				t.Errorf("said %d: pressure %d, want %d", said, got, want.level)
			}
			code, err := c.Allocate(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(code.String(), "-"); n != want.words {
				t.Errorf("said %d: a code of %d words, want %d", said, n, want.words)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		s.welcome = wire.Welcome{Sesame: &wire.Extension{Pressure: 3}}
		c := s.client(t, nil)
		defer c.Close()
		if code, err := c.Allocate(t.Context(), 2); err != nil || strings.Count(code.String(), "-") != 2 {
			t.Errorf("two words were asked for: %v, %v", code, err)
		}
	})
}
