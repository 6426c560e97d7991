package netlab

import (
	"net/netip"
	"testing"

	"sesame/internal/test/lab"
)

// A Host is a computer with one network interface, eth0.
type Host struct {
	*lab.Stack
	Address  netip.Addr // IPv4, not valid if there is none
	Address6 netip.Addr // IPv6, likewise
}

// A Place is what hosts and routers can be connected to: an Internet, the LAN of a
// Router, a Switch.
type Place interface {
	connect(t testing.TB, s *lab.Stack, name string, w Wiring) socket
}

// NewHost connects a computer to place. It is there until t ends.
func NewHost(t testing.TB, place Place, w Wiring) *Host {
	t.Helper()
	s := lab.NewStack(t)
	s.Set(t, "ipv6/conf/default/accept_dad=0")
	k := place.connect(t, s, "eth0", w)
	return &Host{Stack: s, Address: k.address4.Addr(), Address6: k.address6.Addr()}
}

// Plug connects h to one more place, by an interface of that name. Through an
// Internet or a Router it would get a second default route, which fails; it is
// for a Switch.
func (h *Host) Plug(t testing.TB, place Place, name string, w Wiring) (address, address6 netip.Addr) {
	t.Helper()
	k := place.connect(t, h.Stack, name, w)
	return k.address4.Addr(), k.address6.Addr()
}

// Move takes h away from where it is and connects it to another place, as a
// computer that is carried to another network. Its addresses are new.
func (h *Host) Move(t testing.TB, place Place, w Wiring) {
	t.Helper()
	if err := h.IP("link delete eth0"); err != nil {
		t.Fatal(err)
	}
	k := place.connect(t, h.Stack, "eth0", w)
	h.Address, h.Address6 = k.address4.Addr(), k.address6.Addr()
}
