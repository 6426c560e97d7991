package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay"
	"sesame/rendezvous"
	"sesame/transit/record"
)

// told returns what a peer that knows the code is told by "sesame send" with
// some flags, until a while after the first addresses.
func told(t *testing.T, classic bool, flags ...string) (messages []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := relay.New(&relay.Config{})
	var serving, sending sync.WaitGroup
	serving.Go(func() { server.Serve(l) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer func() {
		cancel()
		sending.Wait()
		server.Shutdown(ctx)
		serving.Wait()
	}()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "ws://" + l.Addr().String() + "/v1"
	var log bytes.Buffer
	sending.Go(func() {
		run(ctx, append([]string{"send", "--server", url, "--code", "7-galveston-goldfish", "--relay", "relay.example.org:4001", file}, flags...), quiet(&log), noEnvironment)
	})
	cfg := &rendezvous.Config{URL: url}
	if !classic {
		cfg.Native = &rendezvous.Native{Suites: []string{record.ChaCha20Poly1305.String()}}
	}
	client, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	code, err := rendezvous.ParseCode("7-galveston-goldfish")
	if err != nil {
		t.Fatal(err)
	}
	ch, err := client.Meet(ctx, code)
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	if err := ch.Send(ctx, []byte(`{"transit":{"abilities-v1":[],"hints-v1":[]},"hints":{"hints-v1":[]}}`)); err != nil {
		t.Fatal(err)
	}
	window := ctx
	for {
		m, err := ch.Receive(window)
		if err != nil {
			return messages
		}
		messages = append(messages, string(m))
		if bytes.Contains(m, []byte("hints-v1")) && window == ctx {
			var done func()
			window, done = context.WithTimeout(ctx, 1500*time.Millisecond) // for what is found out later
			defer done()
		}
	}
}

// kinds returns the types of all hints and abilities in a message.
func kinds(message string) (all []string) {
	var find func(any)
	find = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if kind, ok := v["type"].(string); ok {
				all = append(all, kind)
			}
			for key, inner := range v {
				if key != "hints" || v["type"] != "relay-v1" { // a relay's addresses are its own
					find(inner)
				}
			}
		case []any:
			for _, inner := range v {
				find(inner)
			}
		}
	}
	var v any
	json.Unmarshal([]byte(message), &v)
	find(v)
	return all
}

// Fails if a peer is told any address of this computer with --relay-only, or if
// this test couldn't see one.
func TestRelayOnlyTellsNoAddress(t *testing.T) {
	var own []string
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, `"`+p.Addr().String()+`"`)
		}
	}
	for _, c := range []struct {
		name    string
		classic bool
		flags   []string
		hidden  bool
	}{
		{"native", false, []string{"--relay-only"}, true},
		{"classic", true, []string{"--relay-only"}, true},
		{"native, not hidden", false, []string{"--allow-loopback"}, false},
		{"classic, not hidden", true, []string{"--allow-loopback"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			messages := told(t, c.classic, c.flags...)
			if len(messages) == 0 {
				t.Fatal("nothing is told")
			}
			shown := false
			for _, m := range messages {
				for _, kind := range kinds(m) {
					shown = shown || kind != "relay-v1"
				}
				shown = shown || slices.ContainsFunc(own, func(a string) bool { return strings.Contains(m, a) })
			}
			if shown == c.hidden {
				t.Errorf("an address is told: %v, in\n%s", shown, strings.Join(messages, "\n"))
			}
			if !strings.Contains(strings.Join(messages, ""), "relay.example.org") {
				t.Error("the relay isn't told")
			}
		})
	}
}
