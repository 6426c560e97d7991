package transit

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// Fails if what a proxy says isn't told, or is told twice, when no way is left;
// or if a relay isn't tried both ways where there are two.
func TestNoPathThroughProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	nobody := l.Addr().String()
	said := errors.New("the proxy p.example:3128 (HTTPS_PROXY) refuses it: connection refused\x1b[2J")
	var asked atomic.Int32
	via := Via{Name: "the proxy p.example:3128", Dial: func(context.Context, string, string) (net.Conn, error) {
		asked.Add(1)
		return nil, said
	}}
	cfg := &Config{NoDirect: true, Relays: []Relay{{Address: nobody, URL: "wss://relay.example.org/transit"}}, Via: func(scheme, _ string) []Via {
		if scheme == "tcp" {
			return []Via{{}, via}
		}
		return []Via{via}
	}}
	e, err := Listen(t.Context(), Leader, make([]byte, KeySize), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Connect(t.Context(), Message{})
	safe := strings.TrimSuffix(said.Error(), "\x1b[2J") + `\u{1b}[2J`
	want := "no way to reach the other computer: relay " + nobody + " refused; relay wss://relay.example.org/transit: " + safe + "; relay " + nobody + ": " + safe
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error  %v\nwant   %s", err, want)
	}
	if !errors.Is(err, said) {
		t.Error("the proxy's error isn't among the causes")
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the proxy was asked %d times", n)
	}
}
