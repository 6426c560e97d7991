package punch

import (
	"net/netip"
	"strings"
	"testing"

	"sesame/transit/way"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Fails if people are told of a NAT where there is none, or of none where one is.
func TestPlain(t *testing.T) {
	hints := []way.Hint{{Type: way.TypeDirect, Hostname: "203.0.113.7", Port: 4000}, {Type: way.TypeDirect, Hostname: "2001:db8::7", Port: 4000},
		{Type: typeUDP, Hostname: "203.0.113.8", Port: 4000}}
	for _, c := range []struct {
		own, remote string
		want        bool
	}{
		{"203.0.113.1/24", "203.0.113.7", true},
		{"192.168.1.7/24", "203.0.113.7", false},               // we are behind one
		{"203.0.113.1/24", "203.0.113.8", false},               // the peer is
		{"192.168.1.7/24 2001:db8::1/64", "2001:db8::7", true}, // firewalls
		{"203.0.113.1/24", "2001:db8::7", false},
	} {
		f := &finder{agent: listen(t, true), at: way.NewSite(way.Config{}, false, prefixes(strings.Fields(c.own)...))}
		f.Peer(hints)
		if got := f.plain(netip.MustParseAddr(c.remote)); got != c.want {
			t.Errorf("%s to %s: %v", c.own, c.remote, got)
		}
	}
}

// Fails if packets go where the dial policy lets no connection go.
func TestUDPPolicy(t *testing.T) {
	p := way.Policy{Own: prefixes("192.168.1.7/24")}
	for addr, want := range map[string]bool{
		"203.0.113.7:4000": true, "192.168.1.9:4000": true, "[2001:db8::7]:4000": true, "203.0.113.7:443": true,
		"203.0.113.7:53": false, "203.0.113.7:1900": false, "203.0.113.7:5353": false, "203.0.113.7:11211": false,
		"10.1.1.1:4000": false, "127.0.0.1:4000": false, "169.254.169.254:4000": false, "224.0.0.1:4000": false, "[fe80::1]:4000": false,
	} {
		if got := allowed(p, netip.MustParseAddrPort(addr)) == nil; got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

// Fails if the peer is made to wait where no router can be in the way, in a LAN above
// all; or if it isn't where one can.
func TestDistant(t *testing.T) {
	own := prefixes("192.168.1.7/24", "100.64.3.2/10", "203.0.113.1/24", "2001:db8::1/64")
	for addr, want := range map[string]bool{
		"198.51.100.7:4000": true, "203.0.114.7:4000": true,
		"203.0.113.1:4000": false, "203.0.113.7:4000": false, // ours, and on our link
		"192.168.1.9:4000": false, "192.168.7.9:4000": false, "10.1.1.1:4000": false, "100.64.9.9:4000": false, "127.0.0.1:4000": false,
		"[2001:db8::7]:4000": false, "[2001:db9::7]:4000": false, "[fd00::7]:4000": false,
	} {
		if got := distant(own, netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}
