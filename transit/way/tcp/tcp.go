// Package tcp is the plainest way: TCP to an address of the peer, and a port at
// which it can reach us. Source: doc/transit.md §1.
package tcp

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"sesame/internal/addr"
	"sesame/internal/congestion"
	"sesame/internal/sharedport"
	"sesame/transit/way"
)

// maxDirect is how many of a peer's hints are acted on (doc/transit.md §2.3).
const maxDirect = 16

// Way is TCP. The zero value is ready to use.
type Way struct {
	// Listen opens the port at which the peer can reach us. Default: one of the
	// system's choice, for both address families.
	Listen func(context.Context) (net.Listener, error)
}

func (Way) Form() way.Form {
	read := func(f way.Fields) (h way.Hint, _ int, ok bool) {
		ok = f.Address(&h) && f.Ranked(&h)
		h.Room = way.Number(f.Room)
		return h, 0, ok
	}
	return way.Form{Type: way.TypeDirect, Read: read, Write: way.WriteIP, Parsed: 64, Kept: 2 * maxDirect}
}

func (Way) Tier() way.Tier             { return way.Straight }
func (Way) Classic() bool              { return true }
func (Way) Allowed(c *way.Config) bool { return !c.NoDirect }

// Open listens. If no port can be had the peer's can still be dialled, so that is no
// error.
func (w Way) Open(ctx context.Context, at *way.Site) (way.Finder, error) {
	f := &finder{at: at}
	open := w.Listen
	if open == nil {
		open = listen
	}
	l, err := open(ctx)
	if err != nil {
		at.Logger.Info("not listening", "error", err)
		return f, nil
	}
	f.listener = &listener{l, at}
	at.Listens(way.TCP, addr.Of(l.Addr()))
	at.Logger.Debug("listening", "at", l.Addr())
	return f, nil
}

// listen opens a port whose connections can share it with others that go out.
func listen(ctx context.Context) (net.Listener, error) {
	config := net.ListenConfig{Control: func(network, address string, c syscall.RawConn) error {
		congestion.Listening(network, address, c)
		return sharedport.Share(network, address, c)
	}}
	config.SetMultipathTCP(false) // whose ports aren't shared everywhere
	l, err := config.Listen(ctx, "tcp", ":0")
	if err != nil { // no IPv6 here
		l, err = config.Listen(ctx, "tcp4", ":0")
	}
	return l, err
}

// A finder is TCP at one Site.
type finder struct {
	way.Plain
	at       *way.Site
	listener *listener // nil if nothing is listened on
}

// Hints are our addresses, and where a router leads to us; and whether more lanes are wanted
// of who dials them.
func (f *finder) Hints() (hints []way.Hint) {
	port := f.at.Port(way.TCP)
	if f.listener == nil || port == 0 {
		return nil
	}
	v4only := f.at.FourOnly(way.TCP)
	for _, ip := range f.at.Offered() {
		if !v4only || ip.Is4() {
			hints = append(hints, way.AddressHint(way.TypeDirect, netip.AddrPortFrom(ip, port)))
		}
	}
	if outside, ok := f.at.Led(way.TCP); ok {
		hints = append(hints, way.AddressHint(way.TypeDirect, outside))
	}
	if len(hints) > 0 {
		hints[0].Room = f.at.Asks().Room
	}
	return hints
}

// Peer returns the hints that the policy allows: nearest first, then by the peer's
// priority.
func (f *finder) Peer(hints []way.Hint) (routes []way.Route, skipped []way.Attempt) {
	type candidate struct {
		path     way.Path
		priority float64
	}
	var all []candidate
	own, policy := f.at.Own(), f.at.Policy()
	seen := map[netip.AddrPort]bool{}
	for _, h := range hints {
		if h.Type != way.TypeDirect || !addr.IsPort(h.Port) {
			continue
		}
		ip, err := netip.ParseAddr(h.Hostname)
		if err != nil { // a name: not resolved for a peer
			skipped = append(skipped, way.Attempt{Path: way.Path{Kind: way.Direct, Remote: addr.Join(h.Hostname, h.Port)}, Err: way.ErrName})
			continue
		}
		to := netip.AddrPortFrom(ip.Unmap(), uint16(h.Port))
		if seen[to] {
			continue
		}
		seen[to] = true
		path := way.DirectPath(to, own)
		if err := policy.Check(to); err != nil {
			skipped = append(skipped, way.Attempt{Path: path, Err: err})
			continue
		}
		all = append(all, candidate{path, h.Priority})
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.path.Kind, b.path.Kind), cmp.Compare(b.priority, a.priority))
	})
	from := way.Dialer{Policy: policy, Custom: f.at.Dialer}
	for _, c := range all[:min(len(all), maxDirect)] {
		dial := func(ctx context.Context) (net.Conn, error) { return from.Dial(ctx, c.path.Remote) }
		routes = append(routes, way.Route{Path: c.path, Dial: dial, Instead: -1})
	}
	return routes, skipped
}

func (f *finder) Listener() way.Listener {
	if f.listener == nil {
		return nil
	}
	return f.listener
}

// Proven tells whether an accepted connection came through a NAT that had to be
// opened: from where both sides dial; or from outside to a private address of
// ours, though the router leads no port there, since the peer's NAT may draw its
// ports at random.
func (f *finder) Proven(conn net.Conn, p way.Path, taken bool) way.Path {
	from := addr.Of(conn.RemoteAddr())
	both, opens := f.at.Expected(from)
	if !taken || p.Kind != way.Direct || !opens {
		return p
	}
	_, led := f.at.Led(way.TCP)
	if both || !led && isPrivate(addr.Of(conn.LocalAddr()).Addr()) && !isPrivate(from.Addr()) {
		p.Kind = way.ThroughNAT
	}
	return p
}

// isPrivate reports whether ip is only translated on its way to the Internet.
func isPrivate(ip netip.Addr) bool {
	return ip.Is4() && addr.Network(ip).IsValid()
}

// Stop ends Accept.
func (f *finder) Stop() {
	if f.listener != nil {
		f.listener.Listener.Close()
	}
}

func (f *finder) Close() error {
	f.Stop()
	return nil
}

// A listener takes connections, and describes them.
type listener struct {
	net.Listener
	at *way.Site
}

func (l *listener) Accept() (net.Conn, way.Path, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, way.Path{}, err
	}
	return conn, way.DirectPath(addr.Of(conn.RemoteAddr()), l.at.Own()), nil
}
