package relay_test

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/relay"
	"sesame/relay/figures"
	"sesame/transit"
)

// given has a program of this project come to a mailbox server, and returns what it has been given last for
// pipes, from when on there is something.
func (l *pipeListener) given(t *testing.T, token, side string) (last func() string) {
	through := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil }}}
	ws, _, err := websocket.Dial(t.Context(), "ws://localhost/v1", &websocket.DialOptions{HTTPClient: through})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	for _, m := range []string{
		`{"type":"submit-permissions","method":"token","token":"` + token + `"}`,
		`{"type":"bind","appid":"app","side":"` + side + `","client_version":["sesame","1"]}`, `{"type":"claim","nameplate":"4"}`,
	} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	var ticket atomic.Value
	first := make(chan struct{})
	go func() {
		for {
			_, b, err := ws.Read(context.Background())
			m, _ := wire.ParseMessage(b)
			if err != nil {
				return
			}
			if m.Type == wire.TicketType && ticket.Swap(m.Ticket) == nil {
				close(first)
			}
		}
	}()
	<-first
	return func() string { return ticket.Load().(string) }
}

// joins has two ask the relay for each other, and reports whether they are joined within a time.
func (l *pipeListener) joins(t *testing.T, within time.Duration, sides ...transit.Relay) bool {
	dial := func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil }
	key := func(purpose string, size int) []byte { return append([]byte(purpose), make([]byte, size)...)[:size] }
	ctx, cancel := context.WithTimeout(t.Context(), within)
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
		var relays []transit.Relay
		for _, side := range []string{"a", "b"} {
			relays = append(relays, transit.Relay{Address: "relay.example.org:4000", Ticket: l.given(t, secret, side)})
		}
		first := relays[0].Ticket()
		if !l.joins(t, time.Minute, relays...) {
			t.Fatal("not joined at first")
		}
		time.Sleep(25 * time.Hour)
		if !l.joins(t, time.Minute, relays...) {
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

// Fails if those whom a relay refuses for what they show ask it again and again, or don't ask it at once when
// they have something else to show.
func TestRefusedAskOnce(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	seen := figures.New()
	virtualWith(t, &relay.Config{Figures: seen, Tokens: []relay.Token{relay.TokenOf(secret)}}, func(t *testing.T, l *pipeListener) {
		given := l.given(t, secret, "a")
		when := time.Now().Add(time.Minute)
		late := func() string {
			if time.Now().Before(when) {
				return ""
			}
			return given()
		}
		r := transit.Relay{Address: "relay.example.org:4000", Ticket: late}
		if !l.joins(t, time.Minute+6*time.Second, r, r) {
			t.Error("not joined soon after both were given a ticket")
		}
		if n := seen.Refused.Sum()[figures.NoTicket]; n != 2 {
			t.Errorf("asked %d times in vain, want once each", n)
		}
	})
}
