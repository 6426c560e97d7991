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

// A Network is what hosts and routers can be connected to: an Internet, the LAN of a
// Router, a Switch.
type Network interface {
	connect(t testing.TB, s *lab.Stack, name string, w Wiring) socket
}

// NewHost connects a computer to a network. It is there until t ends.
func NewHost(t testing.TB, to Network, w Wiring) *Host {
	t.Helper()
	s := lab.NewStack(t)
	s.Set(t, "ipv6/conf/default/accept_dad=0")
	k := to.connect(t, s, "eth0", w)
	return &Host{Stack: s, Address: k.address4.Addr(), Address6: k.address6.Addr()}
}

// Plug connects h to one more network, by an interface of that name. Through an
// Internet or a Router it would get a second default route, which fails; it is
// for a Switch.
func (h *Host) Plug(t testing.TB, to Network, name string, w Wiring) (address, address6 netip.Addr) {
	t.Helper()
	k := to.connect(t, h.Stack, name, w)
	return k.address4.Addr(), k.address6.Addr()
}

// Move takes h away from where it is and connects it to another one, as a
// computer that is carried to another network. Its addresses are new.
func (h *Host) Move(t testing.TB, to Network, w Wiring) {
	t.Helper()
	if err := h.IP("link delete eth0"); err != nil {
		t.Fatal(err)
	}
	k := to.connect(t, h.Stack, "eth0", w)
	h.Address, h.Address6 = k.address4.Addr(), k.address6.Addr()
}
