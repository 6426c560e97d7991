package rendezvous

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
			if got := c.Relay().Conns; got != want {
				t.Errorf("said %d: %d connections, want %d", said, got, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := newFakeServer().client(t, nil)
		defer c.Close()
		if got := c.Relay().Conns; got != 2 {
			t.Errorf("a server that says nothing of itself: %d connections, want 2", got)
		}
	})
}

// Fails when a ticket that the server gives isn't there once the other side was heard, when the
// last of several isn't the one, or when one is taken that can't be said to a relay.
func TestTicketIsGiven(t *testing.T) {
	for text, want := range map[string]string{"0a1b_Z": "0a1b_Z", "": "", "a b": "", "a\nplease": "", strings.Repeat("x", 97): ""} {
		m := &machine{connection: connection{online: true}, stage: agreed}
		m.received(time.Now(), wire.Message{Type: wire.TicketType, Ticket: text}.Encode(time.Now()))
		if m.ticket != want || m.err != nil {
			t.Errorf("%q: %q is kept, %v", text, m.ticket, m.err)
		}
		m.received(time.Now(), wire.Message{Type: wire.TicketType, Ticket: "another"}.Encode(time.Now()))
		if m.ticket != "another" {
			t.Errorf("after another one %q is kept", m.ticket)
		}
	}
}
