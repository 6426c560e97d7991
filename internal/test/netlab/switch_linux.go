package netlab

import (
	"fmt"
	"net/netip"
	"os"
	"testing"

	"sesame/internal/test/lab"
)

// A Switch connects hosts to each other and to nothing else: a LAN without a
// router, or the inside of a VPN.
type Switch struct {
	*lab.Stack
	prefix4, prefix6 netip.Prefix
	ports            int
}

// NewSwitch makes one whose hosts have addresses in those prefixes, either of
// which may be the zero value. It is there until t ends.
func NewSwitch(t testing.TB, prefix4, prefix6 netip.Prefix) *Switch {
	t.Helper()
	s := &Switch{Stack: lab.NewStack(t), prefix4: prefix4, prefix6: prefix6}
	bridge(t, s.Stack, "link set lan up")
	return s
}

// bridge adds a bridge lan to s. Further commands set it up. It has an address of
// its own; else it has that of some port, and loses it.
func bridge(t testing.TB, s *lab.Stack, commands ...string) {
	t.Helper()
	if err := s.IP(append([]string{"link add lan address 02:00:00:00:00:01 type bridge"}, commands...)...); err != nil {
		t.Fatal(err)
	}
	// What is bridged isn't forwarded: the rules for that don't concern it. On
	// some systems they do, if nobody says otherwise.
	if _, err := os.Stat("/proc/sys/net/bridge"); err == nil {
		s.Set(t, "bridge/bridge-nf-call-iptables=0", "bridge/bridge-nf-call-ip6tables=0")
	}
}

func (s *Switch) connect(t testing.TB, stack *lab.Stack, name string, w Wiring) socket {
	t.Helper()
	s.ports++
	port := fmt.Sprintf("port%d", s.ports)
	err := s.IP(
		fmt.Sprintf("link add %s type veth peer name %s netns %s", port, name, stack.Name()),
		fmt.Sprintf("link set %s master lan up", port))
	if err != nil {
		t.Fatal(err)
	}
	k := socket{}
	if s.prefix4.IsValid() && !w.NoIPv4 {
		k.address4 = nth(s.prefix4, s.ports+1)
	}
	if s.prefix6.IsValid() && w.IPv6 {
		k.address6 = nth(s.prefix6, s.ports+1)
	}
	k.plug(t, stack, name)
	return k
}

// nth returns the nth address of a prefix, n < 256.
func nth(p netip.Prefix, n int) netip.Prefix {
	b := p.Addr().AsSlice()
	b[len(b)-1] += byte(n)
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, p.Bits())
}
