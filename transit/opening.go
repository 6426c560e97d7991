package transit

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
	"sesame/transit/way/mapped"
	"sesame/transit/way/open"
)

// This file is the way past NATs over TCP (package open) as Lanes use it: what
// our listener looks like from outside travels as hints, and the ladder has both
// sides dial each other there at about the same time, again and again. Source:
// doc/native.md §10.

const (
	typeOpen = "sesame-tcp-v1"
	// maxOpen is how many of the peer's addresses are acted on.
	maxOpen = 4
	// openFinder is who found ours: see Lanes.offer.
	openFinder = "opened"
	// maxAsked is how many STUN servers are asked, one after another.
	maxAsked = 3
)

// How long a STUN server's connection is held, so that the NAT keeps our port as
// it is: it is used every holdPause, holdTimes times. It is made again after
// askPause, while there is no direct lane.
const (
	holdPause = 8 * time.Second
	holdTimes = 7
	askPause  = time.Minute
)

// openRoute is an address of the peer that both sides dial.
type openRoute struct {
	to   Path
	at   netip.AddrPort
	port uint16 // that we listen at
}

func (r openRoute) path() Path { return r.to }

func (r openRoute) dial(ctx context.Context) (net.Conn, error) {
	return open.Dial(ctx, r.port, r.at)
}

// openPath describes a connection that both sides made with remote.
func openPath(remote netip.AddrPort, own []netip.Prefix) Path {
	p := directPath(remote, own)
	if p.Kind == Direct {
		p.Kind = ThroughNAT
	}
	p.both = true
	return p
}

// openPort returns the port that we listen at if connections can go out from
// there, else 0.
func (ls *Lanes) openPort() uint16 {
	if !open.Supported || ls.here.listener == nil || ls.cfg.NoDirect || ls.cfg.Dialer != nil {
		return 0
	}
	return addr.Of(ls.here.listener.Addr()).Port()
}

// openTCP returns where both sides are to dial each other. mu is held.
func (ls *Lanes) openTCP() (routes []route) {
	port := ls.openPort()
	if port == 0 {
		return nil
	}
	rules := policy{own: ls.here.own, loopback: ls.cfg.AllowLoopback, linkOnly: ls.cfg.OnLinkOnly}
	for _, at := range openAddrs(ls.hints) {
		if len(routes) < maxOpen && rules.check(at) == nil {
			routes = append(routes, openRoute{openPath(at, ls.here.own), at, port})
		}
	}
	return routes
}

// openAddrs returns the addresses that both are to dial among hints. The dial
// policy has not been applied.
func openAddrs(hints []Hint) (addrs []netip.AddrPort) {
	for _, h := range hints {
		if ip, err := netip.ParseAddr(h.Hostname); err == nil && h.Type == typeOpen && addr.IsPort(h.Port) {
			addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), uint16(h.Port)))
		}
	}
	return addrs
}

// openHints are our addresses at which both are to dial: what our port looks like
// from outside, if that is known and not what it is, and IPv6, which firewalls
// filter but nobody translates. mu is held.
func (ls *Lanes) openHints(outside netip.AddrPort) (hints []Hint) {
	add := func(a netip.AddrPort) {
		hints = append(hints, Hint{Type: typeOpen, Hostname: a.Addr().String(), Port: int(a.Port())})
	}
	if outside.IsValid() && !slices.ContainsFunc(ls.here.own, func(p netip.Prefix) bool { return p.Addr() == outside.Addr() }) {
		add(outside)
	}
	if addr.Of(ls.here.listener.Addr()).Addr().Is4() {
		return hints
	}
	for _, ip := range offeredAddrs(ls.here.own, false) {
		if ip.Is6() && addr.KindOf(ip) == addr.Public && len(hints) < maxOpen {
			add(netip.AddrPortFrom(ip, ls.openPort()))
		}
	}
	return hints
}

// openListener begins to find out what our listener looks like from outside.
func (ls *Lanes) openListener() {
	if ls.openPort() == 0 {
		return
	}
	ls.mu.Lock()
	ls.found[openFinder] = ls.openHints(ls.cfg.guess(ls.here.own, ls.openPort()))
	ls.mu.Unlock()
	ls.running.Go(func() {
		for ls.work.ctx.Err() == nil {
			if ls.wantsOpening() {
				ls.mirror()
			}
			ls.pauseOpening(askPause)
		}
	})
}

// wantsOpening reports whether there is no direct lane.
func (ls *Lanes) wantsOpening() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.ladder == nil || ls.ladder.best() > punched
}

// pauseOpening waits, but not after a move.
func (ls *Lanes) pauseOpening(d time.Duration) (moved bool) {
	select {
	case <-ls.work.ctx.Done():
		return true
	case <-ls.reopen:
		return true
	case <-time.After(d):
		return false
	}
}

// mirror asks the STUN servers, and holds the connection with the first that
// answers for some time.
func (ls *Lanes) mirror() {
	ctx, port := ls.work.ctx, ls.openPort()
	for _, server := range ls.cfg.STUN[:min(len(ls.cfg.STUN), maxAsked)] {
		m, err := open.Ask(ctx, port, server)
		if err != nil {
			ls.cfg.Logger.Debug("no STUN over TCP", "error", err)
			continue
		}
		stop := context.AfterFunc(ctx, func() { m.Close() })
		seen := false
		for range holdTimes {
			outside, err := m.Look()
			if err != nil {
				break
			}
			seen = true
			ls.noteOutside(outside)
			if ls.pauseOpening(holdPause) || !ls.wantsOpening() {
				break
			}
		}
		stop()
		m.Close()
		if seen {
			return
		}
	}
}

func (ls *Lanes) noteOutside(outside netip.AddrPort) {
	ls.mu.Lock()
	hints := ls.openHints(outside)
	ls.mu.Unlock()
	ls.offer(openFinder, hints)
}

// moveTCP forgets what our listener looked like elsewhere. mu is held.
func (ls *Lanes) moveTCP() {
	if ls.openPort() != 0 {
		ls.found[openFinder] = ls.openHints(netip.AddrPort{})
		notify(ls.reopen)
	}
}

// opened tells whether an accepted connection came through a NAT that had to be
// opened: from where both sides dial; or from outside to a private address of
// ours, though the router leads no port there, since the peer's NAT may draw its
// ports at random.
func (ls *Lanes) opened(c *candidate) Path {
	p, port := c.path, ls.openPort()
	if p.Kind != Direct || port == 0 {
		return p
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	led := false
	if ls.mapper != nil {
		_, led = ls.mapper.Mapped(mapped.TCP, port)
	}
	both := slices.ContainsFunc(openAddrs(ls.hints), func(a netip.AddrPort) bool { return a.String() == p.Remote })
	from := addr.Of(c.RemoteAddr()).Addr()
	if both || !led && isPrivate(localIP(c.Conn)) && !isPrivate(from) {
		p.Kind = ThroughNAT
	}
	return p
}

// isPrivate reports whether ip is only translated on its way to the Internet.
func isPrivate(ip netip.Addr) bool {
	return ip.Is4() && addr.Network(ip).IsValid()
}
