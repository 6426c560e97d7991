package netlab

import (
	"net/netip"
	"testing"

	"sesame/internal/lab"
)

// A Host is a computer with one network interface, eth0.
type Host struct {
	*lab.Stack
	Address  netip.Addr // IPv4, not valid if there is none
	Address6 netip.Addr // IPv6, likewise
}

// A Place is what hosts and routers can be connected to: an Internet, or the LAN
// of a Router.
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
