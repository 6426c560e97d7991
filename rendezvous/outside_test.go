package rendezvous

import (
	"net/netip"
	"testing"

	"sesame/internal/wire"
)

// Fails if something that a server says is taken for an address that isn't one.
func TestSeenFrom(t *testing.T) {
	for _, c := range []struct {
		told *wire.Address
		want string
	}{
		{nil, ""},
		{&wire.Address{Port: 7}, ""},
		{&wire.Address{Port: 7, IPv4: "203.0.113.5"}, "203.0.113.5"},
		{&wire.Address{Port: 7, IPv6: "2001:db8::1"}, "2001:db8::1"},
		{&wire.Address{Port: 7, IPv6: "::ffff:203.0.113.5"}, "203.0.113.5"},
		{&wire.Address{IPv4: "203.0.113.5:80"}, ""},
		{&wire.Address{IPv4: "example.org"}, ""},
		{&wire.Address{IPv4: "\x1b[2J", IPv6: "fe80::1%eth0"}, ""},
	} {
		want, _ := netip.ParseAddr(c.want)
		if got := seenFrom(c.told); got != want {
			t.Errorf("%+v: %v, want %v", c.told, got, want)
		}
	}
}
