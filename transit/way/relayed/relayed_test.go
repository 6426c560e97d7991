package relayed

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"sesame/transit/way"
)

func site(c way.Config) *way.Site {
	c.Logger = slog.New(slog.DiscardHandler)
	return way.NewSite(c, true, nil)
}

func open(t *testing.T, w Way, c way.Config) way.Finder {
	t.Helper()
	f, err := w.Open(t.Context(), site(c))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Fails if a page waits for an address of a relay that it can't reach before it takes
// the one that it can, or if nobody is told why it has none.
func TestPageTakesWebSockets(t *testing.T) {
	both := way.Relay{Address: "relay.example.org:4001", URL: "wss://relay.example.org/transit"}
	f := open(t, Way{}, way.Config{Relays: []way.Relay{both, {Address: "other.example.org:4001"}}})
	routes, skipped := f.Peer(nil)
	if len(routes) != 1 || routes[0].Path.Remote != both.URL || routes[0].Wait != 0 || routes[0].Instead != none {
		t.Errorf("routes %+v", routes)
	}
	for _, a := range skipped {
		if !errors.Is(a.Err, way.ErrNoTCP) {
			t.Errorf("%s: %v", a.Path.Label(), a.Err)
		}
	}
	if len(skipped) != 2 {
		t.Errorf("%d addresses are left out, want both of TCP", len(skipped))
	}
	f = open(t, Way{TCP: way.Dialer.Dial}, way.Config{Relays: []way.Relay{both}})
	if routes, _ := f.Peer(nil); len(routes) != 2 || routes[0].Path.Kind != way.RelayTCP || routes[1].Wait != way.NextDelay {
		t.Errorf("elsewhere: routes %+v", routes)
	}
}

// Fails if relays aren't asked with the session's token, with one side at all of them,
// or if who wants to know isn't told of the token first.
func TestOneSideForAllRelays(t *testing.T) {
	token := []byte(strings.Repeat("k", 32))
	told := ""
	dial := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			line := make([]byte, 104)
			io.ReadFull(theirs, line)
			told += string(line)
			io.WriteString(theirs, "ok\n")
			theirs.Close()
		}()
		return ours, nil
	}
	announced := ""
	f := open(t, Way{TCP: way.Dialer.Dial}, way.Config{Dialer: dial, Joining: func(s string) { announced = s },
		Relays: []way.Relay{{Address: "a.example.org:4001"}, {Address: "b.example.org:4001"}}})
	f.Start(way.Session{Tokens: [][]byte{token}})
	if announced != hex.EncodeToString(token) {
		t.Errorf("told of the token %q", announced)
	}
	routes, _ := f.Peer(nil)
	for _, rt := range routes {
		conn, err := rt.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.Join(conn, 0); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
	lines := strings.SplitAfter(told, "\n")
	if len(routes) != 2 || len(lines) != 3 || lines[0] != lines[1] || !strings.HasPrefix(lines[0], "please relay "+announced+" for side ") {
		t.Errorf("said %q", lines)
	}
}
