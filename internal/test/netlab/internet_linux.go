package netlab

import (
	"fmt"
	"net/netip"
	"testing"

	"sesame/internal/test/lab"
)

// An Internet is a router that everything public is connected to, each by a
// link of its own. Tests have one each; addresses repeat between them.
type Internet struct {
	*lab.Stack
	links int
}

// The addresses of an Internet: of its links to hosts and routers, /29 each, and
// /64.
var (
	public4 = netip.MustParsePrefix("203.0.113.0/24")
	public6 = netip.MustParsePrefix("2001:db8::/32")
)

// notRouted lists what no Internet forwards: it vanishes.
var notRouted = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "169.254.0.0/16", nameServer + "/32"}

// NewInternet makes one. It is there until t ends, like all that is connected to
// it.
func NewInternet(t testing.TB) *Internet {
	t.Helper()
	i := &Internet{Stack: lab.NewStack(t)}
	forward(t, i.Stack)
	commands := []string{}
	for _, block := range notRouted {
		commands = append(commands, "route add blackhole "+block)
	}
	if err := i.IP(append(commands, "route add blackhole fc00::/7")...); err != nil {
		t.Fatal(err)
	}
	return i
}

// forward makes a router of s.
func forward(t testing.TB, s *lab.Stack) {
	t.Helper()
	s.Set(t, "ipv4/ip_forward=1", "ipv4/conf/all/send_redirects=0", "ipv4/conf/default/send_redirects=0", "ipv6/conf/all/forwarding=1", "ipv6/conf/default/accept_dad=0")
}

// A Wiring says how a host or a router is connected. The zero value is IPv4 over
// a wire without limits.
type Wiring struct {
	IPv6   bool // beside IPv4
	NoIPv4 bool // no IPv4
	// Link is what connects a host or router to an Internet, if not a wire. What
	// is behind a router has wires only.
	Link *Link
}

// A socket is where something is connected to a network: the addresses it has
// there, and the routers that lead elsewhere.
type socket struct {
	address4, address6 netip.Prefix
	gateway4, gateway6 netip.Addr
	delegated          netip.Prefix // for those behind it (RFC 8415 §6.3)
}

// connect makes a link of its own for the stack s, whose end there is called
// name, and lays a default route over it.
func (i *Internet) connect(t testing.TB, s *lab.Stack, name string, w Wiring) socket {
	t.Helper()
	i.links++
	if i.links > 32 {
		t.Fatal("netlab: an Internet has 32 links at most")
	}
	here := fmt.Sprintf("link%d", i.links)
	k := socket{}
	setUp := []string{}
	if w.Link != nil {
		w.Link.lay(t, i.Stack, here, s, name)
	} else {
		setUp = append(setUp, fmt.Sprintf("link add %s type veth peer name %s netns %s", here, name, s.Name()))
	}
	if !w.NoIPv4 {
		base := public4.Addr().As4()
		base[3] = byte(8*(i.links-1) + 1)
		k.gateway4 = netip.AddrFrom4(base)
		k.address4 = netip.PrefixFrom(k.gateway4.Next(), 29)
		setUp = append(setUp, fmt.Sprintf("address add %s/29 dev %s", k.gateway4, here))
	}
	if w.IPv6 {
		base := public6.Addr().As16()
		base[7], base[15] = byte(i.links), 1
		k.gateway6 = netip.AddrFrom16(base)
		k.address6 = netip.PrefixFrom(k.gateway6.Next(), 64)
		base[5], base[15] = 1, 0
		k.delegated = netip.PrefixFrom(netip.AddrFrom16(base), 64)
		setUp = append(setUp, fmt.Sprintf("address add %s/64 dev %s nodad", k.gateway6, here),
			"link set "+here+" up", // routes need it
			fmt.Sprintf("route add %s via %s dev %s", k.delegated, k.address6.Addr(), here))
	}
	if err := i.IP(append(setUp, "link set "+here+" up")...); err != nil {
		t.Fatal(err)
	}
	k.plug(t, s, name)
	return k
}

// plug gives the interface name of s the addresses of k, and a default route.
func (k socket) plug(t testing.TB, s *lab.Stack, name string) {
	t.Helper()
	commands := []string{}
	if k.address4.IsValid() {
		commands = append(commands, fmt.Sprintf("address add %s dev %s", k.address4, name))
	}
	if k.address6.IsValid() {
		commands = append(commands, fmt.Sprintf("address add %s dev %s nodad", k.address6, name))
	}
	commands = append(commands, "link set "+name+" up")
	if k.gateway4.IsValid() {
		commands = append(commands, fmt.Sprintf("route add default via %s dev %s onlink", k.gateway4, name))
	}
	if k.gateway6.IsValid() {
		commands = append(commands, fmt.Sprintf("route add default via %s dev %s", k.gateway6, name))
	}
	if err := s.IP(commands...); err != nil {
		t.Fatal(err)
	}
}
