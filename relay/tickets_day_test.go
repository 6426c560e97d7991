package relay_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay"
	"sesame/relay/figures"
	"sesame/rendezvous"
	"sesame/transit"
)

// shown returns a relay as those know it who have met there.
func shown(side *rendezvous.Client) transit.Relay {
	return transit.Relay{Address: "relay.example.org:4000", Ticket: func() string { return side.Relay().Ticket }}
}

// joins has two ask the relay for each other, and reports whether they are joined.
func (l *pipeListener) joins(t *testing.T, sides ...transit.Relay) bool {
	dial := func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil }
	key := func(purpose string, size int) []byte { return append([]byte(purpose), make([]byte, size)...)[:size] }
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []*transit.Lanes
	for i, role := range []transit.Role{transit.Leader, transit.Follower} {
		ls, err := transit.OpenLanes(ctx, role, &transit.LanesConfig{Config: transit.Config{NoDirect: true, Dialer: dial, Relays: sides[i : i+1]}})
		if err != nil {
			t.Fatal(err)
		}
		defer ls.Close()
		ls.Start(key, nil)
		all = append(all, ls)
	}
	for _, ls := range all {
		if _, err := ls.Next(ctx); err != nil {
			return false
		}
	}
	return true
}

// Fails if who has met can't come back to a relay that wants tickets when its first one has run
// out; or if a ticket is good for longer than a day.
func TestTicketsFollowEachOther(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	seen := figures.New()
	virtualWith(t, &relay.Config{Figures: seen, Tokens: []relay.Token{relay.TokenOf(secret)}}, func(t *testing.T, l *pipeListener) {
		through := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil }, DisableKeepAlives: true}}
		cfg := &rendezvous.Config{URL: "ws://localhost/v1", Token: secret, HTTPClient: through}
		var sides []*rendezvous.Client
		code := rendezvous.Code{}
		met := make(chan error, 2)
		for range 2 {
			c, err := rendezvous.Dial(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if sides = append(sides, c); code == (rendezvous.Code{}) {
				if code, err = c.Allocate(t.Context(), 2); err != nil {
					t.Fatal(err)
				}
			}
			go func() {
				_, err := c.Meet(t.Context(), code)
				met <- err
			}()
		}
		for range sides {
			if err := <-met; err != nil {
				t.Fatal(err)
			}
		}
		first := sides[0].Relay().Ticket
		relays := []transit.Relay{shown(sides[0]), shown(sides[1])}
		if !l.joins(t, relays...) {
			t.Fatal("not joined at first")
		}
		time.Sleep(25 * time.Hour)
		if !l.joins(t, relays...) {
			t.Error("not joined after a day")
		}
		c := l.dial()
		defer c.Close()
		say(t, c, string(wire.WithTicket([]byte(line(sideA)), first)))
		hearEnd(t, c, wire.NoTicket)
		if n := seen.Refused.Sum()[figures.NoTicket]; n != 1 {
			t.Errorf("%d without a ticket, want the one whose day is over", n)
		}
	})
}
