package addr

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

// Fails if the address that packets leave from is another one than ours.
func TestToward(t *testing.T) {
	here := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if got, err := Toward(here); err != nil || got != here {
		t.Errorf("packets to %v come from %v, %v", here, got, err)
	}
	for _, family := range []int{4, 6} {
		ip, err := Outward(family)
		if err != nil {
			continue // no way out, over this family
		}
		if ip.Is4() != (family == 4) || !slices.ContainsFunc(Own(), func(p netip.Prefix) bool { return p.Addr() == ip }) {
			t.Errorf("packets leave from %v, which isn't ours", ip)
		}
	}
}

// Fails if the addresses of a server aren't those that were named, or if there is
// more than was asked for.
func TestLookup(t *testing.T) {
	for text, want := range map[string]string{"127.0.0.1:80": "127.0.0.1:80", "[::1]:4000": "[::1]:4000", "[::ffff:192.0.2.1]:1": "192.0.2.1:1"} {
		all, err := Lookup(t.Context(), text, 4)
		if err != nil || len(all) != 1 || all[0].String() != want {
			t.Errorf("%s is %v, %v", text, all, err)
		}
	}
	if all, err := Lookup(t.Context(), "127.0.0.1:80", 0); err != nil || len(all) != 0 {
		t.Errorf("none were asked for: %v, %v", all, err)
	}
	if _, err := Lookup(t.Context(), "127.0.0.1:http", 4); err != ErrForm {
		t.Errorf("a service for a port: %v", err)
	}
}

// Fails if a socket's end keeps what has no meaning elsewhere.
func TestOf(t *testing.T) {
	for want, a := range map[string]net.Addr{
		"192.0.2.1:5":      &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5},
		"[fe80::1]:7":      &net.UDPAddr{IP: net.ParseIP("fe80::1"), Port: 7, Zone: "eth0"},
		"invalid AddrPort": &net.UnixAddr{Name: "x"},
	} {
		if got := Of(a); got.String() != want {
			t.Errorf("%v is %v, want %s", a, got, want)
		}
	}
	if Of(nil).IsValid() || Of((*net.TCPAddr)(nil)).IsValid() {
		t.Error("no end has an address")
	}
}
