package survey

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"sesame/internal/addr"
	"sesame/internal/gateway"
)

// addresses finds out how this computer is connected.
func addresses() (a Addresses) {
	up, err := addr.Links()
	if err != nil {
		return Addresses{Err: err}
	}
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, p := range l.Own {
			if addr.KindOf(p.Addr()) != addr.LinkLocal {
				a.All = append(a.All, Address{p.Addr(), sortOf(p.Addr(), &l.Interface), l.Name})
			}
		}
	}
	return a
}

// sortOf returns what sort of address ip is, on that interface.
func sortOf(ip netip.Addr, i *net.Interface) Sort {
	name := strings.ToLower(i.Name)
	tunnels := []string{"tun", "tap", "wg", "utun", "ppp", "tailscale", "zt", "nordlynx", "ipsec"}
	if i.Flags&net.FlagPointToPoint != 0 || slices.ContainsFunc(tunnels, func(t string) bool { return strings.HasPrefix(name, t) }) {
		return VPN
	}
	switch addr.KindOf(ip) {
	case addr.Carrier:
		return Carrier
	case addr.Private:
		return Private
	}
	return Public
}

// routes finds the ways out. No packet leaves.
func routes() Routes {
	r := Routes{V4: source(4), V6: source(6)}
	if router, err := gateway.Default(); err == nil && r.V4.IsValid() {
		r.Router = router
	}
	return r
}

// source returns the address that packets to the Internet would come from, if it is
// one that can get answers.
func source(family int) netip.Addr {
	ip, err := addr.Outward(family)
	if err != nil || !addr.Tellable(ip) {
		return netip.Addr{}
	}
	return ip
}

// multicast finds the interfaces on which the group of mDNS can be joined.
func multicast() (m Multicast) {
	up, _ := addr.Links()
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 || l.Flags&net.FlagMulticast == 0 || l.Flags&net.FlagPointToPoint != 0 {
			continue
		}
		group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 0}
		conn, err := net.ListenMulticastUDP("udp4", &l.Interface, group)
		if err != nil {
			continue
		}
		conn.Close()
		m.Interfaces = append(m.Interfaces, l.Name)
	}
	return m
}
