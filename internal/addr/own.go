package addr

// This file is about this computer's own. The system's list is taken where it may
// be read. Programs on phones, and services that are kept from netlink, may not:
// there it is put together from what a socket tells, which is less, but enough to be
// found by others.

import (
	"net"
	"net/netip"
	"slices"
)

// A Link is a network interface that is up.
type Link struct {
	net.Interface
	// Own are this computer's addresses there, with the lengths of their prefixes: all
	// of the address if the length isn't known. IPv4 is plain, and there are no zones.
	Own []netip.Prefix
}

// Links returns the interfaces that are up, loopback too. Without a list it returns what
// sockets tell, and an error only if they tell nothing.
func Links() ([]Link, error) {
	all, err := listed()
	if err == nil {
		return all, nil
	}
	if all = told(); len(all) > 0 {
		return all, nil
	}
	return nil, err
}

// Own returns the addresses of all interfaces that are up.
func Own() []netip.Prefix {
	all, _ := Links()
	var out []netip.Prefix
	for _, l := range all {
		out = append(out, l.Own...)
	}
	return out
}

// listed asks the system for its list.
func listed() ([]Link, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []Link
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		l := Link{Interface: i}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				l.Own = append(l.Own, plain(p))
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// plain is Plain for an address with the length of its prefix.
func plain(p netip.Prefix) netip.Prefix {
	ip := p.Addr().WithZone("")
	if ip.Is4In6() {
		return netip.PrefixFrom(ip.Unmap(), max(p.Bits()-96, 0))
	}
	return netip.PrefixFrom(ip, p.Bits())
}

// routed adds a link, without a name, for the addresses from which packets to the
// Internet would come and that aren't among those that are known.
func routed(known []Link) []Link {
	l := Link{Interface: net.Interface{Flags: net.FlagUp}}
	for _, family := range []int{4, 6} {
		ip, err := Outward(family)
		if err == nil && !ip.IsUnspecified() && !slices.ContainsFunc(known, func(l Link) bool { return l.has(ip) }) {
			l.Own = append(l.Own, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	if len(l.Own) == 0 {
		return known
	}
	return append(known, l)
}

func (l *Link) has(ip netip.Addr) bool {
	return slices.ContainsFunc(l.Own, func(p netip.Prefix) bool { return p.Addr() == ip })
}

// Addresses of the Internet, where nobody is (RFC 5737, RFC 3849).
var (
	elsewhere4 = netip.AddrFrom4([4]byte{192, 0, 2, 1})
	elsewhere6 = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1})
)

// Outward returns the address from which packets to the Internet would leave over
// IPv4, or over IPv6 if family is 6.
func Outward(family int) (netip.Addr, error) {
	if family == 6 {
		return Toward(elsewhere6)
	}
	return Toward(elsewhere4)
}

// Toward returns the address from which packets to ip would leave, without a zone.
// Nothing is sent.
func Toward(ip netip.Addr) (netip.Addr, error) {
	network := "udp4"
	if ip.Is6() {
		network = "udp6"
	}
	conn, err := net.Dial(network, netip.AddrPortFrom(ip, 9).String()) // to connect a UDP socket sends nothing
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return Of(conn.LocalAddr()).Addr(), nil
}
