package trust

import (
	"net/netip"
	"strings"
	"testing"
)

// Fails when an address that is listed isn't found, or another one is.
func TestSet(t *testing.T) {
	s, err := ParseSet("f", "# ours\n192.0.2.0/24\n198.51.100.7  # one\n\n2001:db8::/32\n::ffff:203.0.113.0/120\n192.0.2.0/25\n")
	if err != nil || s.Len() != 5 {
		t.Fatalf("%d, %v", s.Len(), err)
	}
	for ip, want := range map[string]bool{
		"192.0.2.200": true, "::ffff:192.0.2.1": true, "192.0.3.1": false, "198.51.100.7": true, "198.51.100.8": false,
		"2001:db8:1::1": true, "2001:db9::1": false, "203.0.113.9": true,
	} {
		if s.Has(netip.MustParseAddr(ip)) != want {
			t.Errorf("%s: %v", ip, !want)
		}
	}
	var none *Set
	if none.Has(netip.MustParseAddr("192.0.2.1")) || s.Has(netip.Addr{}) {
		t.Error("nothing is in a set")
	}
	_, err = ParseSet("f", "192.0.2.1\nhere\n10.0.0.0/40\n")
	if err == nil || !strings.Contains(err.Error(), "f:2:") || !strings.Contains(err.Error(), "f:3:") {
		t.Errorf("%v", err)
	}
}
