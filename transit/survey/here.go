package survey

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"sesame/internal/addr"
	"sesame/internal/safetext"
	"sesame/transit/way/mapped"
)

// maxAddresses is how many addresses are named.
const maxAddresses = 12

// addresses says how this computer is connected.
func addresses() Finding {
	f := Finding{Subject: "addresses", State: Fine}
	up, err := addr.Links()
	if err != nil {
		return Finding{"addresses", Problem, "they can't be listed: " + safetext.Line(err.Error(), 100), "let this program use sockets of the family AF_NETLINK"}
	}
	var all []string
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, p := range l.Own {
			if addr.KindOf(p.Addr()) == addr.LinkLocal {
				continue
			}
			text := fmt.Sprintf("%s (%s)", p.Addr(), sortOf(p.Addr(), &l.Interface))
			if l.Name != "" {
				text += " on " + safetext.Line(l.Name, 20)
			}
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return Finding{"addresses", Problem, "this computer is in no network", "connect a cable, or join a wireless network"}
	}
	if n := len(all) - maxAddresses; n > 0 {
		all = append(all[:maxAddresses], fmt.Sprintf("%d more", n))
	}
	f.Text = strings.Join(all, ", ")
	return f
}

// sortOf says what sort of address ip is, on that interface.
func sortOf(ip netip.Addr, i *net.Interface) string {
	name := strings.ToLower(i.Name)
	for _, prefix := range []string{"tun", "tap", "wg", "utun", "ppp", "tailscale", "zt", "nordlynx", "ipsec"} {
		if strings.HasPrefix(name, prefix) {
			return "VPN"
		}
	}
	if i.Flags&net.FlagPointToPoint != 0 {
		return "VPN"
	}
	switch addr.KindOf(ip) {
	case addr.Carrier:
		return "shared by a carrier's NAT, or VPN"
	case addr.Private:
		return "private"
	}
	return "public"
}

// routes says whether there are ways out, by which address, and whether there is
// one over IPv6. No packet leaves.
func routes() (f Finding, v6 bool) {
	f = Finding{Subject: "routes", State: Fine}
	from4, from6 := source(4), source(6)
	var parts []string
	switch gateway, err := mapped.Gateway(); {
	case !from4.IsValid():
		parts = append(parts, "no IPv4")
	case err != nil:
		parts = append(parts, fmt.Sprintf("IPv4 from %s, not by way of a router on this network", from4))
	default:
		parts = append(parts, fmt.Sprintf("IPv4 from %s by way of %s", from4, gateway))
	}
	if from6.IsValid() {
		parts = append(parts, fmt.Sprintf("IPv6 from %s", from6))
	} else {
		parts = append(parts, "no IPv6")
	}
	f.Text = strings.Join(parts, "; ")
	if !from4.IsValid() && !from6.IsValid() {
		f = Finding{"routes", Problem, "there is no way to the Internet: no default route", "check the cable or the wireless network; sesame send --local works within this network"}
	}
	return f, from6.IsValid()
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

// multicast says whether computers on this network can find each other by it.
func multicast() Finding {
	up, _ := addr.Links()
	var names []string
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
		names = append(names, safetext.Line(l.Name, 20))
	}
	if len(names) == 0 {
		return Finding{"multicast", Remark, "no interface takes part: without a server, the other computer doesn't find this one by itself", "with sesame send --local, type the address that it shows"}
	}
	return Finding{"multicast", Fine, "can be received on " + strings.Join(names, ", "), ""}
}
