package netlab

import (
	"fmt"
	"net/netip"
	"testing"

	"sesame/internal/test/lab"
)

// A Router connects a LAN with the network it is in. Its interfaces are wan and
// lan. IPv6 it doesn't translate; it lets in what belongs to flows that began
// inside (RFC 6092).
type Router struct {
	*lab.Stack
	Address netip.Addr // IPv4, outside

	gateway    netip.Addr
	lan4, lan6 netip.Prefix
	inside     int  // hosts and routers connected so far
	carrier    bool // nobody inside sees the others
}

// NewRouter connects a router to a network. It is there until t ends.
func NewRouter(t testing.TB, to Network, nat NAT, w Wiring) *Router {
	t.Helper()
	r := &Router{Stack: lab.NewStack(t), lan4: netip.MustParsePrefix("192.168.1.0/24"), carrier: nat.Carrier}
	forward(t, r.Stack)
	k := to.connect(t, r.Stack, "wan", w)
	r.Address, r.gateway = k.address4.Addr(), k.gateway4
	r.lan6 = k.delegated
	if nat.Carrier {
		r.lan4 = netip.MustParsePrefix("100.64.0.0/16")
	}
	lan := []string{
		fmt.Sprintf("address add %s/%d dev lan", r.lan4.Addr().Next(), r.lan4.Bits()),
	}
	if r.lan6.IsValid() {
		lan = append(lan, fmt.Sprintf("address add %s/%d dev lan nodad", r.lan6.Addr().Next(), r.lan6.Bits()))
	}
	bridge(t, r.Stack, append(lan, "link set lan up")...)
	r.Rules(t, nat.rules(r.Address, r.lan4))
	return r
}

// Restart makes r forget which ports it has given to whom, as when it is switched
// off and on. For the time that takes there is no way through.
func (r *Router) Restart(t testing.TB) {
	t.Helper()
	// What is masqueraded is forgotten when its interface goes down.
	r.Rules(t, "flush map ip nat mapped\nflush set ip nat contacted")
	err := r.IP("link set wan down", "link set wan up", fmt.Sprintf("route add default via %s dev wan onlink", r.gateway))
	if err != nil {
		t.Fatal(err)
	}
}

// connect makes a port of the LAN.
func (r *Router) connect(t testing.TB, s *lab.Stack, name string, w Wiring) socket {
	t.Helper()
	r.inside++
	port := fmt.Sprintf("port%d", r.inside)
	k := socket{}
	if !w.NoIPv4 {
		k.gateway4 = r.lan4.Addr().Next()
		host := r.lan4.Addr().As4()
		host[3] = byte(r.inside + 1)
		k.address4 = netip.PrefixFrom(netip.AddrFrom4(host), r.lan4.Bits())
		if r.carrier {
			k.address4 = netip.PrefixFrom(k.address4.Addr(), 32)
		}
	}
	if w.IPv6 {
		if !r.lan6.IsValid() {
			t.Fatal("netlab: a router that has no IPv6 can't give any")
		}
		k.gateway6 = r.lan6.Addr().Next()
		host := r.lan6.Addr().As16()
		host[15] = byte(r.inside + 1)
		k.address6 = netip.PrefixFrom(netip.AddrFrom16(host), r.lan6.Bits())
	}
	err := r.IP(
		fmt.Sprintf("link add %s type veth peer name %s netns %s", port, name, s.Name()),
		fmt.Sprintf("link set %s master lan up", port))
	if err != nil {
		t.Fatal(err)
	}
	k.plug(t, s, name)
	return k
}
