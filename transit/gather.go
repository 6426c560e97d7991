package transit

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"

	"sesame/internal/addr"
	"sesame/transit/way/open"
	"sesame/transit/way/punch"
)

// maxOwnHints is how many of our addresses are offered; peers act on few.
const maxOwnHints = 16

// A site is where this computer stands in the network: its addresses, and a
// listener at which peers can reach it. Nothing in it depends on a key or a
// protocol.
type site struct {
	own      []netip.Prefix // addresses of up interfaces with their prefix lengths
	listener net.Listener   // nil if nothing is listened on
	punch    *punch.Agent   // nil if there is no UDP
	// look looks up own again; nil if that makes no sense.
	look func() []netip.Prefix
}

// findSite looks up our addresses and, with listen, opens a TCP port for both
// address families. Failure is no error: there are other paths.
func findSite(ctx context.Context, listen bool) (site, error) {
	if runtime.GOOS == "js" {
		return site{}, nil
	}
	s := site{own: addr.Own(), look: addr.Own}
	if !listen {
		return s, nil
	}
	config := net.ListenConfig{Control: open.Share}
	config.SetMultipathTCP(false) // whose ports aren't shared everywhere
	l, err := config.Listen(ctx, "tcp", ":0")
	if err != nil { // no IPv6 here
		l, err = config.Listen(ctx, "tcp4", ":0")
	}
	if err == nil {
		s.listener = l
	}
	return s, err
}

// guess returns where a port of ours is reached from outside if there is a NAT
// that keeps the numbers of ports (RFC 4787 §4.2.1: most try to). It is the zero
// value if nobody has told what this computer looks like, or there is no NAT.
func (c *Config) guess(own []netip.Prefix, port uint16) netip.AddrPort {
	is := func(p netip.Prefix) bool { return p.Addr() == c.Outside }
	if port == 0 || !c.Outside.Is4() || addr.KindOf(c.Outside) != addr.Public || slices.ContainsFunc(own, is) {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(c.Outside, port)
}

// ownHints returns direct hints for the listener.
func (s site) ownHints(loopback bool) []Hint {
	if s.listener == nil {
		return nil
	}
	port := int(addr.Of(s.listener.Addr()).Port())
	if port == 0 {
		return nil
	}
	v4only := addr.Of(s.listener.Addr()).Addr().Is4()
	var hints []Hint
	for _, ip := range offeredAddrs(s.own, loopback) {
		if !v4only || ip.Is4() {
			hints = append(hints, Hint{Type: typeDirect, Hostname: ip.String(), Port: port})
		}
	}
	return hints
}

// namesHardware reports whether an IPv6 address holds the number of a network card
// (RFC 4291 appendix A): it is the same in all networks and for all time.
func namesHardware(ip netip.Addr) bool {
	b := ip.As16()
	return ip.Is6() && b[11] == 0xff && b[12] == 0xfe
}

// hasOther reports whether there is an address in p's network that names no
// hardware.
func hasOther(own []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(own, func(o netip.Prefix) bool {
		return o.Masked() == p.Masked() && !namesHardware(o.Addr())
	})
}

// offeredAddrs returns which of our addresses a peer is told: all that mean
// something elsewhere, and loopback when that is all there is or loopback is
// set. IPv4 and IPv6 alternate, since peers act on the first few only. IPv6
// addresses that name hardware aren't told where there are others (doc/transit.md
// §1.2).
func offeredAddrs(own []netip.Prefix, loopback bool) []netip.Addr {
	var local []netip.Addr
	var families [2][]netip.Addr
	for _, p := range own {
		ip := p.Addr()
		switch {
		case ip.IsLoopback():
			local = append(local, ip)
		case !addr.Tellable(ip):
		case namesHardware(ip) && hasOther(own, p):
		case ip.Is4():
			families[0] = append(families[0], ip)
		default:
			families[1] = append(families[1], ip)
		}
	}
	var out []netip.Addr
	for i := range max(len(families[0]), len(families[1])) {
		for _, f := range families {
			if i < len(f) && !slices.Contains(out, f[i]) {
				out = append(out, f[i])
			}
		}
	}
	if loopback || len(out) == 0 {
		slices.SortStableFunc(local, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
		out = append(out[:min(len(out), maxOwnHints-2)], slices.Compact(local)...)
	}
	return out[:min(len(out), maxOwnHints)]
}
