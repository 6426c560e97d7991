package way

import (
	"net/netip"
	"testing"
)

// Fails if a guess is made where there is no NAT, where there can be none, or for a
// port that we don't have; or if none is made where there is one.
func TestGuess(t *testing.T) {
	own := []netip.Prefix{netip.MustParsePrefix("192.168.1.2/24"), netip.MustParsePrefix("203.0.113.9/24")}
	for _, c := range []struct {
		outside string
		port    uint16
		want    string
	}{
		{"203.0.113.5", 41000, "203.0.113.5:41000"},
		{"203.0.113.5", 0, ""},
		{"203.0.113.9", 41000, ""},
		{"192.168.1.1", 41000, ""},
		{"100.64.0.1", 41000, ""},
		{"127.0.0.1", 41000, ""},
		{"169.254.169.254", 41000, ""},
		{"2001:db8::1", 41000, ""},
		{"", 41000, ""},
	} {
		outside, _ := netip.ParseAddr(c.outside)
		got := NewSite(Config{Outside: outside}, true, own).Guess(c.port)
		if got.IsValid() != (c.want != "") || got.IsValid() && got.String() != c.want {
			t.Errorf("%s, port %d: %v, want %q", c.outside, c.port, got, c.want)
		}
	}
}
