package relay_test

import (
	"strings"
	"testing"

	"sesame/internal/wire"
	"sesame/relay"
	"sesame/relay/figures"
)

// ticketOf meets at a server as a program of this project does, and returns what it is given
// for pipes.
func ticketOf(t *testing.T, addr, token, side string) string {
	t.Helper()
	c, _ := dial(t, addr)
	if token != "" {
		c.send(`{"type":"submit-permissions","method":"token","token":"` + token + `"}`)
		c.want("ack")
	}
	c.send(`{"type":"bind","appid":"app","side":"` + side + `","client_version":["sesame","1"]}`)
	c.want("ack")
	c.send(`{"type":"claim","nameplate":"` + "4" + `"}`)
	m := c.want("ack", "claimed", "ticket")
	text, _ := m["ticket"].(string)
	if !wire.ValidTicket(text) {
		t.Fatalf("given %v", m)
	}
	return text
}

// Fails when a server with tokens carries for who has met elsewhere, or not for who has met
// there; or when one without tokens turns away who has no ticket.
func TestTickets(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	seen := figures.New()
	s, addr, shutdown := started(t, &relay.Config{Figures: seen, Tokens: []relay.Token{relay.TokenOf(secret)}})
	defer shutdown(patience)
	a, b := ticketOf(t, addr, secret, "a"), ticketOf(t, addr, secret, "b")
	if a == b {
		t.Error("two have one ticket")
	}
	run(t, func(t *testing.T, ca, cb carrier) {
		x, y := ca.dial(t, addr), cb.dial(t, addr)
		say(t, x, string(wire.WithTicket([]byte(line(sideA)), a)))
		say(t, y, string(wire.WithTicket([]byte(line(sideB)), b)))
		hear(t, x, "ok\n")
		hear(t, y, "ok\n")
		x.Close()
		y.Close()
		for _, plea := range []string{line(sideA), string(wire.WithTicket([]byte(line(sideA)), strings.Repeat("0", 84)))} {
			z := ca.dial(t, addr)
			say(t, z, plea)
			hearEnd(t, z, wire.NoTicket)
		}
	})
	if n := seen.Refused.Sum()[figures.NoTicket]; n != 8 {
		t.Errorf("%d without a ticket are counted, want 8", n)
	}
	s.Change(&relay.Config{})
	x, y := connected(t, addr, tcp, ws)
	x.Close() // a pair that is still there would be waited for in the end
	y.Close()

	c, _ := dial(t, addr) // a program of somebody else's is given nothing that it doesn't know
	c.send(`{"type":"bind","appid":"app","side":"c","client_version":["python","0.1"]}`)
	c.want("ack")
	c.send(`{"type":"claim","nameplate":"5"}`)
	c.want("ack", "claimed")
	c.send(`{"type":"ping","ping":1}`)
	c.want("ack", "pong")
}
