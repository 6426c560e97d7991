package transit

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"sesame/internal/addr"
	"sesame/transit/record"
)

// openHintsOf makes hints at which both sides are to dial.
func openHintsOf(addrs ...string) (hints []Hint) {
	for _, a := range addrs {
		at := netip.MustParseAddrPort(a)
		hints = append(hints, Hint{Type: typeOpen, Hostname: at.Addr().String(), Port: int(at.Port())})
	}
	return hints
}

// Fails if such hints don't survive the way to the peer, or if names, ports that
// aren't any, or very many of them do.
func TestOpenHints(t *testing.T) {
	sent := openHintsOf("203.0.113.7:61002", "[2001:db8::7]:4321")
	b, err := json.Marshal(Message{Hints: sent})
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if got := openAddrs(m.Hints); fmt.Sprint(got) != "[203.0.113.7:61002 [2001:db8::7]:4321]" {
		t.Errorf("got %v from %s", got, b)
	}
	many := `{"hints-v1":[{"type":"sesame-tcp-v1","hostname":"evil.example","port":4000},
		{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":0}, {"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":"4000"},
		{"type":"relay-v1","hints":[{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":4000}]}`
	for n := range 1000 {
		many += fmt.Sprintf(`,{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":%d}`, 4000+n%500)
	}
	if err := json.Unmarshal([]byte(many+"]}"), &m); err != nil {
		t.Fatal(err)
	}
	if got := openAddrs(m.Hints); len(got) != 16 {
		t.Errorf("%d addresses", len(got))
	}
	if n := len(mergeHints(m.Hints, nil)); n != 2*maxOpen {
		t.Errorf("%d hints are kept", n)
	}
}

// Fails if a peer can have us dial, again and again, what the policy forbids or
// more addresses than a few; or if we do without a port to dial from.
func TestOpenRoutes(t *testing.T) {
	here, err := findSite(t.Context(), true)
	if err != nil {
		t.Skip(err)
	}
	here.look = nil
	here.own = prefixes("192.168.1.7/24")
	cfg := LanesConfig{Suite: record.ChaCha20Poly1305, Config: Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	ls := newLanes(Leader, cfg, here)
	defer ls.Close()
	if ls.openPort() == 0 {
		t.Skip("ports aren't shared on this system")
	}
	for _, c := range []struct {
		name  string
		hints []Hint
		want  string
	}{
		{"public", openHintsOf("203.0.113.7:61002"), "[203.0.113.7:61002]"},
		{"loopback, metadata, multicast, another's network",
			openHintsOf("127.0.0.1:4000", "[::1]:4000", "169.254.169.254:4000", "224.0.0.1:4000", "10.1.1.1:4000", "[fe80::1]:4000"), "[]"},
		{"ports of services", openHintsOf("203.0.113.7:22", "203.0.113.7:25", "203.0.113.7:6379", "203.0.113.7:6000"), "[]"},
		{"more than four", openHintsOf("203.0.113.7:4000", "203.0.113.7:4001", "203.0.113.7:4002", "203.0.113.7:4003", "203.0.113.7:4004"),
			"[203.0.113.7:4000 203.0.113.7:4001 203.0.113.7:4002 203.0.113.7:4003]"},
		{"other hints", []Hint{{Type: typeDirect, Hostname: "203.0.113.7", Port: 4000}}, "[]"},
	} {
		ls.hints = c.hints
		got := []string{}
		for _, rt := range ls.openTCP() {
			got = append(got, rt.path().Remote)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: dials %v, want %s", c.name, got, c.want)
		}
	}
	ls.hints = openHintsOf("203.0.113.7:61002")
	for name, cfg := range map[string]Config{"NoDirect": {NoDirect: true}, "a Dialer": {Dialer: new(net.Dialer).DialContext}} {
		ls.cfg.Config = cfg
		if got := ls.openTCP(); len(got) > 0 {
			t.Errorf("with %s: dials %v", name, got)
		}
	}
}

// Fails if the peer is told an address that is ours anyway, or none of IPv6.
func TestOwnOpenHints(t *testing.T) {
	here, err := findSite(t.Context(), true)
	if err != nil {
		t.Skip(err)
	}
	here.look = nil
	here.own = prefixes("192.168.1.7/24", "2001:db8::7/64", "fd00::7/64")
	ls := newLanes(Leader, LanesConfig{Suite: record.ChaCha20Poly1305, Config: Config{Logger: slog.New(slog.DiscardHandler)}}, here)
	defer ls.Close()
	port := ls.openPort()
	if port == 0 || addr.Of(here.listener.Addr()).Addr().Is4() {
		t.Skip("no such port here")
	}
	six := fmt.Sprintf("[2001:db8::7]:%d", port)
	for outside, want := range map[string]string{
		"":                  "[" + six + "]",
		"203.0.113.9:61002": "[203.0.113.9:61002 " + six + "]",
		"192.168.1.7:4000":  "[" + six + "]",
	} {
		at, _ := netip.ParseAddrPort(outside)
		if got := fmt.Sprint(openAddrs(ls.openHints(at))); got != want {
			t.Errorf("seen at %q: %s, want %s", outside, got, want)
		}
	}
}
