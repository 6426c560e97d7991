// Package trust says for whom a connection speaks that a proxy has made. A proxy that the
// operator has listed says so before anything else, by the PROXY protocol, or in each
// request of HTTP; nobody else is believed. It has no sockets.
//
// Source: doc/relay.md §1.7; HAProxy's "The PROXY protocol, Versions 1 & 2" of 2020/03/05.
package trust

import (
	"net/netip"
	"slices"
	"strings"
)

// A List has the networks whose hosts are believed.
type List []netip.Prefix

// Has reports whether an address is on the list.
func (l List) Has(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(l, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Network reads a network, as 10.0.0.0/8, or a single address.
func Network(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if ip := p.Addr(); ip.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// maxForwarded is how many entries of a header are looked at: more proxies than that
// nobody has in a row.
const maxForwarded = 32

// Forwarded returns for whom a proxy speaks that sends the headers X-Forwarded-For: the
// last address that isn't on the list itself, since each proxy adds the one that it has
// seen at the end, and what stands before comes from whom nobody knows. If all are on the
// list it is the first. It reports false if there is none, or one that is no address.
func (l List) Forwarded(headers []string) (from netip.Addr, ok bool) {
	entries := strings.Split(strings.Join(headers, ","), ",")
	for i, entry := range slices.Backward(entries) {
		ip, valid := forwardedAddr(strings.TrimSpace(entry))
		if !valid || len(entries)-i > maxForwarded {
			return netip.Addr{}, false
		}
		if from, ok = ip, true; !l.Has(ip) {
			break
		}
	}
	return from, ok
}

// forwardedAddr reads one entry: an address, which some write with a port or in brackets.
func forwardedAddr(text string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		var p netip.AddrPort
		p, err = netip.ParseAddrPort(text)
		ip = p.Addr()
	}
	return ip.Unmap().WithZone(""), err == nil
}
