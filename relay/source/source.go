// Package source says what limits count as one client, how much each may hold and how
// often it may do something. Nothing in it has a socket, a clock or a lock, and every
// operation takes constant time.
package source

import (
	"net"
	"net/netip"

	"sesame/internal/addr"
)

// A Source is what limits count as one client: an IPv4 address, or an IPv6 /64,
// which is what a single customer usually has. Who has more of IPv6 than that,
// and many have a /56 or a /48, is counted by those networks too, which may hold
// and do more. The zero Source is that of connections without an address.
type Source struct{ net netip.Prefix }

// Networks of IPv6 that are counted, and how many times as much as a source each
// may hold and do.
var wider = [...]struct{ bits, times int }{{64, 1}, {56, 4}, {48, 8}}

// Of returns the source of an address, and whether it is this machine. Where all
// clients are near, on networks of this machine, each address is a source.
func Of(a net.Addr, near bool) (s Source, local bool) { return At(addr.Of(a).Addr(), near) }

// At is like Of for an address without a port.
func At(ip netip.Addr, near bool) (s Source, local bool) {
	if !ip.IsValid() {
		return Source{}, true
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !near {
		bits = wider[0].bits
	}
	return Source{netip.PrefixFrom(ip, bits).Masked()}, ip.IsLoopback()
}

// Networks yields the networks that s is in and that are counted, the narrowest
// first, each with how many times as much as a source it may hold and do.
func (s Source) Networks(yield func(netip.Prefix, int) bool) {
	ip := s.net.Addr()
	if !ip.Is6() || s.net.Bits() != wider[0].bits {
		yield(s.net, 1)
		return
	}
	for _, w := range wider {
		if !yield(netip.PrefixFrom(ip, w.bits).Masked(), w.times) {
			return
		}
	}
}

// Narrowest returns the network that is s itself.
func (s Source) Narrowest() netip.Prefix { return s.net }

// Widest returns the widest network that s is counted by.
func (s Source) Widest() (n netip.Prefix) {
	for n = range s.Networks {
	}
	return n
}
