package punch

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"

	"sesame/internal/addr"
	"sesame/transit/way"
)

// This file is the way: an Agent's addresses travel as hints, and each address that
// opens is one more to dial, for one of the two sides.

const (
	typeUDP = "sesame-udp-v1"
	// maxPeer is how many of the peer's addresses are acted on at a time.
	maxPeer = 16
)

// Way is UDP past NATs. The zero value is ready to use.
type Way struct{}

func (Way) Form() way.Form {
	form := way.AddressForm(typeUDP, 32, 2*maxPeer)
	address := form.Read
	form.Read = func(f way.Fields) (way.Hint, int, bool) {
		h, dropped, ok := address(f)
		h.Beside = string(f.Beside) == "true"
		return h, dropped, ok
	}
	return form
}
func (Way) Tier() way.Tier { return way.Punched }
func (Way) Classic() bool  { return false }

// Allowed is false for who has a proxy, too, and must not be seen beside it.
func (Way) Allowed(c *way.Config) bool { return !c.NoUDP && !c.NoDirect && c.Dialer == nil }

// Open begins to look for ways past NATs.
func (Way) Open(_ context.Context, at *way.Site) (way.Finder, error) {
	agent, err := Listen(Config{
		Leader: at.Leads, Addrs: at.Offered(), Servers: at.STUN, Other: at.STUNOther, Logger: at.Logger,
		Near:  func(to netip.AddrPort) bool { return distant(at.Own(), to) },
		Allow: func(to netip.AddrPort) bool { return allowed(at.Policy(), to) == nil },
	})
	if err != nil {
		return nil, err
	}
	f := &finder{agent: agent, at: at}
	if guess := at.Guess(f.note()); guess.IsValid() {
		agent.Add(guess)
	}
	return f, nil
}

// allowed is the dial policy for UDP addresses.
func allowed(p way.Policy, to netip.AddrPort) error {
	switch to.Port() { // services that answer anybody, at length
	case 1900, 3702, 5353, 5683, 27015:
		return way.ErrPort
	}
	return p.Check(to)
}

// distant reports whether there is an Internet between us and an address of the peer, in
// which IPv4 addresses are translated.
func distant(own []netip.Prefix, to netip.AddrPort) bool {
	return to.Addr().Is4() && addr.KindOf(to.Addr()) == addr.Public && way.DirectPath(to, own).Kind == way.Direct
}

// A finder is UDP past NATs at one Site.
type finder struct {
	agent *Agent
	at    *way.Site

	mu     sync.Mutex
	theirs []string // hosts that the peer has itself, as it says
}

// note tells the Site of the port for IPv4, which routers translate, and returns it.
func (f *finder) note() uint16 {
	v4, _ := f.agent.Ports()
	f.at.Listens(way.UDP4, netip.AddrPortFrom(netip.IPv4Unspecified(), v4))
	return v4
}

func (f *finder) Start(s way.Session) { f.agent.Start(s.Key) }

// Hints are our addresses as others see them, and what a router leads to us.
func (f *finder) Hints() (hints []way.Hint) {
	if outside, ok := f.at.Led(way.UDP4); ok {
		f.agent.Add(outside)
	}
	f.note() // it may have other ports
	for _, a := range f.agent.Candidates() {
		hints = append(hints, way.AddressHint(typeUDP, a))
	}
	if len(hints) > 0 {
		hints[0].Beside = f.at.Asks().UDP
	}
	return hints
}

func (f *finder) Changed() <-chan struct{} { return f.agent.Changed() }

func (f *finder) Told(n int, hints []way.Hint) { f.agent.Told(n, way.Addresses(typeUDP, hints)) }
func (f *finder) Heard(n, seen int)            { f.agent.Heard(n, seen) }
func (f *finder) Seen() int                    { return f.agent.Seen() }

// Peer returns what punching has opened. Only one side dials there; the other would
// make the same connections once more.
func (f *finder) Peer(hints []way.Hint) (routes []way.Route, _ []way.Attempt) {
	f.agent.SetPeer(way.Addresses(typeUDP, hints))
	f.mu.Lock()
	f.theirs = nil
	for _, h := range hints {
		if h.Type == way.TypeDirect {
			f.theirs = append(f.theirs, h.Hostname)
		}
	}
	f.mu.Unlock()
	if !f.at.Leads {
		return nil, nil
	}
	own := f.at.Own()
	for _, to := range f.agent.Open() {
		dial := func(ctx context.Context) (net.Conn, error) { return f.agent.Dial(ctx, to) }
		routes = append(routes, way.Route{Path: path(to, own), Dial: dial, Instead: -1})
	}
	return routes, nil
}

// path describes a connection over UDP with remote.
func path(remote netip.AddrPort, own []netip.Prefix) way.Path {
	p := way.DirectPath(remote, own)
	if p.Kind == way.Direct {
		p.Kind = way.ThroughNAT
	}
	p.Over = way.Punched
	return p
}

func (f *finder) Listener() way.Listener { return f }

func (f *finder) Accept() (net.Conn, way.Path, error) {
	c, err := f.agent.Accept()
	if err != nil {
		return nil, way.Path{}, err
	}
	return c, path(addr.Of(c.RemoteAddr()), f.at.Own()), nil
}

// Proven tells where there is no NAT on the way.
func (f *finder) Proven(_ net.Conn, p way.Path, _ bool) way.Path {
	if at, err := netip.ParseAddrPort(p.Remote); err == nil && p.Kind == way.ThroughNAT && f.plain(at.Addr()) {
		p.Kind = way.Direct
	}
	return p
}

// plain reports whether a way over UDP leads past no address translator, as far
// as one can tell: the peer itself has the address, and this side a public one.
func (f *finder) plain(remote netip.Addr) bool {
	public := func(p netip.Prefix) bool {
		return p.Addr().Is4() == remote.Is4() && way.Policy{}.CheckIP(p.Addr()) == nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.at.Own(), public) && slices.Contains(f.theirs, remote.String())
}

func (f *finder) Seek(on bool) { f.agent.Seek(on) }
func (f *finder) Lost()        { f.agent.Restart() }

// Moved opens other ports when some of our addresses are gone, or nothing depends on
// the old ones: NATs may have forgotten those.
func (f *finder) Moved(_, fresh bool) {
	f.agent.Move(f.at.Offered(), fresh)
	f.note()
}

func (f *finder) Stop()        { f.agent.StopAccepting() }
func (f *finder) Close() error { return f.agent.Close() }
