package transit

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"sesame/internal/addr"
	"sesame/transit/way/punch"
)

// This file is the way past NATs over UDP (package punch) as Lanes use it: its
// addresses travel as hints, and each address that opens is one more to dial for
// the leader. Source: doc/native.md §9.

const (
	typeUDP = "sesame-udp-v1"
	// maxUDP is how many of the peer's UDP addresses are acted on.
	maxUDP = 16
	// udpFinder is who found our UDP addresses: see Lanes.offer.
	udpFinder = "udp"
)

// openPunch begins to look for ways past NATs, if cfg allows it. It returns nil
// if there are none.
func openPunch(role Role, cfg *Config, own []netip.Prefix, allow func(netip.AddrPort) bool) *punch.Agent {
	if cfg.NoUDP || cfg.NoDirect || cfg.Dialer != nil { // who has a proxy must not be seen beside it
		return nil
	}
	agent, err := punch.Listen(punch.Config{
		Leader: role == Leader, Addrs: offeredAddrs(own, cfg.AllowLoopback), Servers: cfg.STUN, Allow: allow, Logger: cfg.Logger,
	})
	if err != nil {
		cfg.Logger.Info("no UDP", "error", err)
		return nil
	}
	if v4, _ := agent.Ports(); v4 != 0 {
		if at := cfg.guess(own, v4); at.IsValid() {
			agent.Add(at)
		}
	}
	return agent
}

// udpHints writes UDP addresses as hints.
func udpHints(addrs []netip.AddrPort) (hints []Hint) {
	for _, a := range addrs {
		hints = append(hints, Hint{Type: typeUDP, Hostname: a.Addr().String(), Port: int(a.Port())})
	}
	return hints
}

// udpAddrs returns the UDP addresses among hints. The dial policy has not been
// applied.
func udpAddrs(hints []Hint) (addrs []netip.AddrPort) {
	for _, h := range hints {
		if ip, err := netip.ParseAddr(h.Hostname); err == nil && h.Type == typeUDP && addr.IsPort(h.Port) {
			addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), uint16(h.Port)))
		}
	}
	return addrs
}

// udpRoute is an address that punching has opened.
type udpRoute struct {
	to    Path
	at    netip.AddrPort
	agent *punch.Agent
}

func (r udpRoute) path() Path { return r.to }

func (r udpRoute) dial(ctx context.Context) (net.Conn, error) {
	c, err := r.agent.Dial(ctx, r.at)
	if err != nil {
		return nil, err
	}
	return quicConn{c}, nil
}

// quicConn makes a stream of a connection that needs help to end gently.
type quicConn struct{ *punch.Conn }

func (c quicConn) finish() { c.Finish() }

// udpPath describes a connection over UDP with remote.
func udpPath(remote netip.AddrPort, own []netip.Prefix) Path {
	p := directPath(remote, own)
	if p.Kind == Direct {
		p.Kind = ThroughNAT
	}
	p.udp = true
	return p
}

// plain reports whether a way over UDP leads past no address translator, as far
// as one can tell: the peer itself has the address, and this side a public one. mu
// is held.
func (ls *Lanes) plain(remote netip.Addr) bool {
	public := func(p netip.Prefix) bool {
		return p.Addr().Is4() == remote.Is4() && policy{}.checkIP(p.Addr()) == nil
	}
	theirs := func(h Hint) bool { return h.Type == typeDirect && h.Hostname == remote.String() }
	return slices.ContainsFunc(ls.here.own, public) && slices.ContainsFunc(ls.hints, theirs)
}

// punchListener makes a listener of an agent.
type punchListener struct{ *punch.Agent }

func (l punchListener) Accept() (net.Conn, error) {
	c, err := l.Agent.Accept()
	if err != nil {
		return nil, err
	}
	return quicConn{c}, nil
}

func (l punchListener) Close() error   { l.StopAccepting(); return nil }
func (l punchListener) Addr() net.Addr { return &net.UDPAddr{} }

// noteUDP acts on what the agent has found: the peer learns of addresses of ours,
// and the ladder of addresses of the peer.
func (ls *Lanes) noteUDP() {
	ls.offer(udpFinder, udpHints(ls.here.punch.Candidates()))
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.replan(false)
}

// openRoutes returns what punching has opened. Only the leader dials there; the
// follower would make the same connections once more. mu is held.
func (ls *Lanes) openRoutes() (routes []route) {
	if ls.here.punch == nil || ls.role != Leader {
		return nil
	}
	for _, to := range ls.here.punch.Open() {
		routes = append(routes, udpRoute{udpPath(to, ls.here.own), to, ls.here.punch})
	}
	return routes
}

// seekUDP has the agent look for ways while there is none that is as good. mu is
// held.
func (ls *Lanes) seekUDP() {
	if ls.here.punch != nil && ls.ladder != nil {
		ls.here.punch.Seek(ls.ladder.best() > punched)
	}
}

// moveUDP tells the agent of our addresses. When some are gone, or nothing
// depends on the old ports, it opens others: NATs may have forgotten those. mu is
// held.
func (ls *Lanes) moveUDP(gone bool) {
	if ls.here.punch != nil {
		idle := ls.ladder == nil || ls.ladder.lanes[punched] == 0
		ls.here.punch.Move(offeredAddrs(ls.here.own, ls.cfg.AllowLoopback), gone || idle)
	}
}

// mayPunch is Config.Allow of package punch, for which mu can't be held.
func (ls *Lanes) mayPunch(to netip.AddrPort) bool {
	rules := policy{own: ls.work.prefixes(), loopback: ls.cfg.AllowLoopback, linkOnly: ls.cfg.OnLinkOnly}
	return rules.checkUDP(to) == nil
}

// checkUDP is the dial policy for UDP addresses.
func (p policy) checkUDP(to netip.AddrPort) error {
	switch to.Port() { // services that answer anybody, at length
	case 1900, 3702, 5353, 5683, 27015:
		return errPort
	}
	return p.check(to)
}
