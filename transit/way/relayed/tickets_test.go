package relayed

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// Fails if a relay is shown a ticket of another one's, or the one that it is meant for isn't;
// or if a relay that doesn't know of tickets is shown one twice.
func TestTicketIsForOneRelay(t *testing.T) {
	said := map[string][]string{}
	dial := func(_ context.Context, _, addr string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			line, _ := bufio.NewReader(theirs).ReadString('\n')
			said[addr] = append(said[addr], line)
			io.WriteString(theirs, wire.BadHandshake)
		}()
		return ours, nil
	}
	f := open(t, Way{TCP: way.Dialer.Dial}, way.Config{Dialer: dial, Relays: []way.Relay{
		{Address: "own.example.org:4001", Ticket: func() string { return "0123abc" }}, {Address: "other.example.org:4001"},
	}})
	f.Start(way.Session{Tokens: [][]byte{[]byte(strings.Repeat("k", 32))}})
	peers := way.Hint{Type: typeRelay, Hints: []way.Hint{{Type: way.TypeDirect, Hostname: "peers.example.org", Port: 4001}}}
	routes, _ := f.Peer([]way.Hint{peers})
	if len(routes) != 3 {
		t.Fatalf("%d routes", len(routes))
	}
	for range 2 {
		for _, rt := range routes {
			conn, err := rt.Dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := rt.Join(conn, 0); !errors.As(err, new(way.NoRelayError)) {
				t.Errorf("joined: %v", err)
			}
			conn.Close()
		}
	}
	if len(said) != 3 {
		t.Fatalf("asked %v", said)
	}
	for addr, lines := range said {
		for i, line := range lines {
			if shown := strings.HasSuffix(line, " ticket 0123abc\n"); shown != (i == 0 && addr == "own.example.org:4001") || strings.Contains(line, "ticket") != shown {
				t.Errorf("%s is told %q, the %dth time", addr, line, i+1)
			}
		}
	}
}

// Fails if it isn't told apart why a relay doesn't join.
func TestRefusals(t *testing.T) {
	for line, want := range map[string]error{
		wire.Spent: way.ErrSpent, wire.NoTicket: way.ErrNoTicket, wire.BadHandshake: way.NoRelayError{Said: "bad handshake"}, wire.Spent + "more": way.ErrSpent,
	} {
		ours, theirs := net.Pipe()
		go func() {
			bufio.NewReader(theirs).ReadString('\n')
			io.WriteString(theirs, line)
			theirs.Close()
		}()
		if err := join(ours, []byte("please\n")); !errors.Is(err, want) {
			t.Errorf("%q: %v", line, err)
		}
		ours.Close()
	}
}
