package way

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"

	"sesame/internal/addr"
)

// MaxOwn is how many of our addresses are offered; peers act on few.
const MaxOwn = 16

// A Site is where this computer stands in the network, as its ways know it
// together: its addresses, the ports at which they listen, and what a router leads
// there. Nothing in it depends on a key or a protocol. It is safe for concurrent
// use, and its methods call nobody.
type Site struct {
	// Config is final: everything in it has its value. It doesn't change.
	Config
	// Leads is set on one of the two sides, which dials where one side alone
	// should.
	Leads bool

	mu     sync.Mutex
	ground ground
}

// A ground is what changes of a Site.
type ground struct {
	own    []netip.Prefix // addresses of up interfaces with their prefix lengths
	ports  map[Network]port
	opens  bool // see Expect
	expect []netip.AddrPort
	asks   Asks
}

// Asks are what one side wants of the other besides the first lane. Hints carry them.
type Asks struct {
	Relayed int  // lanes through a relay, at which this side waits; 0 for none
	UDP     bool // one over UDP beside TCP, which carries little here where packets are lost
	Room    int  // more lanes than so many over TCP: packets are lost here, and the line has room
}

// A Network is a family of ports, as the function net.Listen names it.
type Network string

const (
	TCP  Network = "tcp"
	UDP4 Network = "udp4"
)

// A port is one of this computer.
type port struct {
	number  uint16
	four    bool           // there is no IPv6
	outside netip.AddrPort // that a router leads here; not valid if none does
}

// NewSite returns the Site of a computer with these addresses.
func NewSite(c Config, leads bool, own []netip.Prefix) *Site {
	return &Site{Config: c, Leads: leads, ground: ground{own: own, ports: map[Network]port{}}}
}

// Own returns the addresses of this computer's interfaces with their prefix
// lengths, as known now. They mustn't be changed.
func (s *Site) Own() []netip.Prefix {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ground.own
}

// Has reports whether an interface has the address.
func (s *Site) Has(ip netip.Addr) bool {
	return slices.ContainsFunc(s.Own(), func(p netip.Prefix) bool { return p.Addr() == ip })
}

// Move notes other addresses.
func (s *Site) Move(own []netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ground.own = own
}

// Policy returns the rules for addresses of the peer.
func (s *Site) Policy() Policy {
	return Policy{Own: s.Own(), Loopback: s.AllowLoopback, LinkOnly: s.OnLinkOnly}
}

// Offered returns which of our addresses a peer is told.
func (s *Site) Offered() []netip.Addr { return offeredAddrs(s.Own(), s.AllowLoopback) }

// Tellable returns which of our addresses mean something elsewhere, or loopback if
// that is all there is.
func (s *Site) Tellable() []netip.Addr { return offeredAddrs(s.Own(), false) }

// Listens notes the port at which a way listens now; 0 for none.
func (s *Site) Listens(n Network, at netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ground.ports[n].number != at.Port() {
		s.ground.ports[n] = port{number: at.Port(), four: at.Addr().Is4()}
	}
}

// FourOnly reports whether a port takes IPv4 alone.
func (s *Site) FourOnly(n Network) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ground.ports[n].four
}

// Port returns the port at which a way listens, 0 if none does.
func (s *Site) Port(n Network) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ground.ports[n].number
}

// Mapped notes where a router leads to a port of ours, the zero value if it doesn't.
// What isn't our port any more is passed over.
func (s *Site) Mapped(n Network, number uint16, outside netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.ground.ports[n]; p.number == number {
		p.outside = outside
		s.ground.ports[n] = p
	}
}

// Led returns where a router leads to our port, and whether one does.
func (s *Site) Led(n Network) (netip.AddrPort, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outside := s.ground.ports[n].outside
	return outside, outside.IsValid()
}

// Expect notes from where the peer dials our TCP port at the same time as we dial
// it there, so that NATs on the way open; no addresses as long as none are known.
func (s *Site) Expect(peers []netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ground.opens, s.ground.expect = true, peers
}

// Expected reports whether the peer dials from an address as Expect says, and
// whether it could from anywhere.
func (s *Site) Expected(from netip.AddrPort) (there, anywhere bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.ground.expect, from), s.ground.opens
}

// Ask notes what this side wants of the other, and reports whether that is news.
func (s *Site) Ask(a Asks) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.ground.asks != a
	s.ground.asks = a
	return news
}

// Asks returns what Ask noted last.
func (s *Site) Asks() Asks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ground.asks
}

// Guess returns where a port of ours is reached from outside if there is a NAT
// that keeps the numbers of ports (RFC 4787 §4.2.1: most try to). It is the zero
// value if nobody has told what this computer looks like, or there is no NAT.
func (s *Site) Guess(port uint16) netip.AddrPort {
	if port == 0 || !s.Outside.Is4() || addr.KindOf(s.Outside) != addr.Public || s.Has(s.Outside) {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(s.Outside, port)
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
		out = append(out[:min(len(out), MaxOwn-2)], slices.Compact(local)...)
	}
	return out[:min(len(out), MaxOwn)]
}
