package open

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"sesame/internal/addr"
	"sesame/internal/sharedport"
	"sesame/transit/way"
)

// openHintsOf makes hints at which both sides are to dial.
func openHintsOf(addrs ...string) (hints []way.Hint) {
	for _, a := range addrs {
		hints = append(hints, way.AddressHint(typeOpen, netip.MustParseAddrPort(a)))
	}
	return hints
}

// openAt opens the way on a computer that listens and has these addresses.
func openAt(t *testing.T, own ...string) (way.Finder, *way.Site) {
	t.Helper()
	if !sharedport.Supported {
		t.Skip("ports aren't shared on this system")
	}
	config := net.ListenConfig{Control: sharedport.Share}
	config.SetMultipathTCP(false)
	l, err := config.Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close() })
	var prefixes []netip.Prefix
	for _, p := range own {
		prefixes = append(prefixes, netip.MustParsePrefix(p))
	}
	site := way.NewSite(way.Config{Logger: slog.New(slog.DiscardHandler)}, true, prefixes)
	site.Listens(way.TCP, addr.Of(l.Addr()))
	f, err := Way{}.Open(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, site
}

// Fails if a peer can have us dial, again and again, what the policy forbids or
// more addresses than a few; or if we do without a port to dial from.
func TestOpenRoutes(t *testing.T) {
	f, _ := openAt(t, "192.168.1.7/24")
	for _, c := range []struct {
		name  string
		hints []way.Hint
		want  string
	}{
		{"public", openHintsOf("203.0.113.7:61002"), "[203.0.113.7:61002]"},
		{"loopback, metadata, multicast, another's network",
			openHintsOf("127.0.0.1:4000", "[::1]:4000", "169.254.169.254:4000", "224.0.0.1:4000", "10.1.1.1:4000", "[fe80::1]:4000"), "[]"},
		{"ports of services", openHintsOf("203.0.113.7:22", "203.0.113.7:25", "203.0.113.7:6379", "203.0.113.7:6000"), "[]"},
		{"more than four", openHintsOf("203.0.113.7:4000", "203.0.113.7:4001", "203.0.113.7:4002", "203.0.113.7:4003", "203.0.113.7:4004"),
			"[203.0.113.7:4000 203.0.113.7:4001 203.0.113.7:4002 203.0.113.7:4003]"},
		{"other hints", []way.Hint{{Type: way.TypeDirect, Hostname: "203.0.113.7", Port: 4000}}, "[]"},
	} {
		got := []string{}
		routes, _ := f.Peer(c.hints)
		for _, rt := range routes {
			got = append(got, rt.Path.Remote)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: dials %v, want %s", c.name, got, c.want)
		}
	}
	for name, cfg := range map[string]way.Config{"NoDirect": {NoDirect: true}, "a Dialer": {Dialer: new(net.Dialer).DialContext}} {
		if (Way{}).Allowed(&cfg) {
			t.Errorf("with %s: dials", name)
		}
	}
	var nowhere way.Config
	if f, err := (Way{}).Open(context.Background(), way.NewSite(nowhere, true, nil)); err != nil {
		t.Error(err)
	} else if routes, _ := f.Peer(openHintsOf("203.0.113.7:61002")); len(routes) > 0 {
		t.Error("dials without a port to dial from")
	}
}

// Fails if the peer is told an address that is ours anyway, or none of IPv6.
func TestOwnOpenHints(t *testing.T) {
	f, site := openAt(t, "192.168.1.7/24", "2001:db8::7/64", "fd00::7/64")
	port := site.Port(way.TCP)
	if site.FourOnly(way.TCP) {
		t.Skip("no such port here")
	}
	six := fmt.Sprintf("[2001:db8::7]:%d", port)
	for outside, want := range map[string]string{
		"":                  "[" + six + "]",
		"203.0.113.9:61002": "[203.0.113.9:61002 " + six + "]",
		"192.168.1.7:4000":  "[" + six + "]",
	} {
		at, _ := netip.ParseAddrPort(outside)
		f.(*finder).see(at)
		if got := fmt.Sprint(way.Addresses(typeOpen, f.Hints())); got != want {
			t.Errorf("seen at %q: %s, want %s", outside, got, want)
		}
	}
}
