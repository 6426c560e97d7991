package relay

import (
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
)

// A source is what limits count as one client: an IPv4 address, or an IPv6 /64,
// which is what a single customer usually has. Who has more of IPv6 than that,
// and many have a /56 or a /48, is counted by those networks too, which may hold
// and do more. The zero source is that of connections without an address.
type source struct{ net netip.Prefix }

// Networks of IPv6 that are counted, and how many times as much as a source each
// may hold and do.
var wider = [...]struct{ bits, times int }{{64, 1}, {56, 4}, {48, 8}}

// sourceOf returns the source of an address, and whether it is this machine.
// near is Config.Near: each address is a source then.
func sourceOf(a net.Addr, near bool) (s source, local bool) {
	ip := addr.Of(a).Addr()
	if !ip.IsValid() {
		return source{}, true
	}
	bits := ip.BitLen()
	if ip.Is6() && !near {
		bits = wider[0].bits
	}
	return source{netip.PrefixFrom(ip, bits).Masked()}, ip.IsLoopback()
}

// networks yields the networks that s is in and that are counted, the narrowest
// first, each with how many times as much as a source it may hold and do.
func (s source) networks(yield func(netip.Prefix, int) bool) {
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

// widest returns the widest network that s is counted by.
func (s source) widest() (n netip.Prefix) {
	for n = range s.networks {
	}
	return n
}

// network returns the address that stands for a source of packets.
func network(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, wider[0].bits).Masked().Addr()
	}
	return ip
}

// share returns how much of something a network may have that may hold times as
// much as a source: never more than half of all there is, unless a source may.
func share(each, times, all int) int { return min(each*times, max(each, all/2)) }

// A tally counts what sources hold of something.
type tally struct {
	each, all int // what a source may hold, and what there is
	held      map[netip.Prefix]int
}

func newTally(each, all int) *tally {
	return &tally{each: each, all: all, held: make(map[netip.Prefix]int)}
}

// room reports whether s may hold one more.
func (t *tally) room(s source) bool {
	for n, times := range s.networks {
		if t.held[n] >= share(t.each, times, t.all) {
			return false
		}
	}
	return true
}

// add says that s holds one more, or one less if by is -1.
func (t *tally) add(s source, by int) {
	for n := range s.networks {
		if t.held[n] += by; t.held[n] == 0 {
			delete(t.held, n)
		}
	}
}

// A rate says how often sources may do something.
type rate struct{ *limiter[netip.Prefix] }

func newRate(burst int, period time.Duration, remembered int) rate {
	return rate{newLimiter[netip.Prefix](burst, period, remembered)}
}

// allow reports whether s may do it now, and counts it if so.
func (r rate) allow(s source, now time.Time) bool {
	for n, times := range s.networks {
		if r.wait(n, times, now) > 0 {
			r.touch(n)
			return false
		}
	}
	for n, times := range s.networks {
		r.spend(n, times, now)
	}
	return true
}
