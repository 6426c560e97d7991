//go:build !js

package local

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"sesame/internal/addr"
)

// maxLinks is how many network interfaces are used.
const maxLinks = 32

// A link is a network interface that is up and can multicast.
type link struct {
	iface net.Interface
	own   []netip.Prefix // our addresses there, with their prefix lengths
}

// findLinks returns the links of this computer by their index.
func findLinks() map[int]link {
	all := map[int]link{}
	up, _ := addr.Links()
	for _, i := range up {
		if i.Flags&net.FlagMulticast != 0 && i.Flags&net.FlagLoopback == 0 && len(i.Own) > 0 && len(all) < maxLinks {
			all[i.Index] = link{iface: i.Interface, own: i.Own}
		}
	}
	return all
}

// addresses returns what is announced of our addresses on l.
func (l link) addresses() []netip.Addr {
	var out []netip.Addr
	for _, p := range l.own[:min(len(l.own), maxAddresses)] {
		out = append(out, p.Addr())
	}
	return out
}

// has reports whether ip is an address on l: nobody there got it from elsewhere.
func (l link) has(ip netip.Addr) bool {
	kind := addr.KindOf(ip)
	if kind == addr.LinkLocal && ip.Is6() {
		return ip.Zone() == l.iface.Name || ip.Zone() == strconv.Itoa(l.iface.Index)
	}
	return slices.ContainsFunc(l.own, func(p netip.Prefix) bool {
		return p.Masked().Contains(ip) && p.Bits() > 0 && kind != addr.Many && kind != addr.Unspecified
	})
}

// linksOf returns the links on which ip is an address, in order.
func linksOf(all map[int]link, ip netip.Addr) (out []int) {
	for _, index := range slices.Sorted(maps.Keys(all)) {
		if all[index].has(ip) {
			out = append(out, index)
		}
	}
	return out
}

// changedLinks returns which links of now are new or have other addresses.
func changedLinks(before, now map[int]link) map[int]bool {
	changed := map[int]bool{}
	for index, l := range now {
		if old, ok := before[index]; !ok || !slices.Equal(old.own, l.own) {
			changed[index] = true
		}
	}
	return changed
}
