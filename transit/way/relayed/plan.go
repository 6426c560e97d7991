package relayed

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"sesame/internal/addr"
	"sesame/transit/way"
)

// A plan lists the relays to try.
type plan struct {
	*finder
	routes  []way.Route
	known   map[string]int // routes by address
	skipped []way.Attempt  // what isn't tried, and why
}

// none is the place of the route that a first one stands in for.
const none = -1

// makePlan chooses among our relays and those of the peer's hints.
func makePlan(f *finder, peer []way.Hint) *plan {
	p, at := &plan{finder: f, known: map[string]int{}}, f.at
	ours := queue{last: none, rules: way.Policy{AnyPort: true, AnyTarget: true}}
	for _, r := range at.Relays {
		p.addRelay(&ours, hintOf(r).Hints, way.Path{Embedded: r.Embedded}, terms{allowed(r, peer), r.Ticket})
	}
	theirs := queue{last: none, rules: at.Policy()}
	for _, h := range peer {
		switch {
		case h.Type != typeRelay:
		case at.OwnRelaysOnly:
			p.skipRelay(h.Hints)
		case theirs.n < way.MaxRelays:
			p.addRelay(&theirs, h.Hints, way.Path{Foreign: true}, terms{lanes: unsaid})
		}
	}
	return p
}

// unsaid is how many connections a relay bears that says nothing of it. What a peer says
// of one that only it names isn't believed: it would be the peer's to say how many we
// open there.
const unsaid = 2

// allowed returns how many connections both sides may have through a relay of ours: the
// smaller of what each of them knows.
func allowed(r way.Relay, peer []way.Hint) int {
	if r.Embedded {
		return 1 // who serves it lets in one
	}
	theirs := 0
	for _, o := range hintOf(r).Hints {
		for _, h := range peer {
			for _, at := range h.Hints {
				if theirs == 0 && o.ID() == at.ID() {
					theirs = h.Lanes
				}
			}
		}
	}
	return min(cmp.Or(r.Lanes, unsaid), cmp.Or(theirs, unsaid), way.MaxLanes)
}

// skipRelay notes that a relay of the peer's isn't used, unless it is ours, too.
func (p *plan) skipRelay(hints []way.Hint) {
	for _, h := range hints[:min(len(hints), 1)] {
		to := way.Path{Kind: way.RelayWebSocket, Remote: webSocketURL(h), Foreign: true}
		if h.Type == way.TypeDirect {
			to = way.Path{Kind: way.RelayTCP, Remote: addr.Join(h.Hostname, h.Port), Foreign: true}
		}
		if !slices.ContainsFunc(p.routes, func(r way.Route) bool { return strings.EqualFold(r.Path.Remote, to.Remote) }) {
			p.skip(to, way.ErrTheirs)
		}
	}
}

// Terms are how one relay is used: how many connections it bears, and the ticket that it is
// shown, if its server gives any.
type terms struct {
	lanes  int
	ticket func() string // nil for none
}

// A queue is a list of relays, ours or the peer's, each of which stands in for
// the one before it.
type queue struct {
	rules way.Policy
	n     int // relays so far
	last  int // the route of the last one's first address
}

// addRelay adds the addresses of one relay, the later ones standing in for the
// first. Their paths are like base. TCP comes first; ways round an obstacle that
// may not be there, last.
func (p *plan) addRelay(q *queue, hints []way.Hint, base way.Path, on terms) {
	var first, others []relayAddress
	for _, tcp := range []bool{true, false} {
		for _, h := range hints {
			if (h.Type == way.TypeDirect) != tcp {
				continue
			}
			ways := p.waysTo(h, q.rules, base)
			first = append(first, ways[:min(len(ways), 1)]...)
			others = append(others, ways[min(len(ways), 1):]...)
		}
	}
	instead, wait, before := q.last, time.Duration(q.n)*way.NextDelay, len(p.routes)
	used := 0
	for _, a := range append(first, others...) {
		id, known := p.known[a.key]
		if used == way.MaxInner || known && used > 0 {
			continue
		}
		if !known {
			id = p.add(a, instead, wait, on)
		}
		if used++; used == 1 {
			instead, wait = id, p.routes[id].Wait+way.NextDelay
		}
	}
	if len(p.routes) > before {
		q.n++
		q.last = instead
	}
}

// A relayAddress is a way to a relay, and a key that is the same for the same.
type relayAddress struct {
	path way.Path
	dial dialFunc
	key  string
}

type dialFunc func(context.Context) (net.Conn, error)

// waysTo returns the ways to one address of a relay, best first.
func (p *plan) waysTo(h way.Hint, rules way.Policy, path way.Path) (all []relayAddress) {
	path.Kind, path.Host = way.RelayTCP, h.Hostname
	scheme, at := "tcp", addr.Join(h.Hostname, h.Port)
	switch h.Type {
	case way.TypeDirect:
		path.Remote = at
	case typeWebSocket, typeWebSocketV1, typeDirectWS, typeDirectWSS:
		path.Kind, path.Remote = way.RelayWebSocket, webSocketURL(h)
		var port uint16
		var err error
		if path.Foreign && !p.knows(path.Remote) {
			path.Remote, err = foreignURL(path.Remote)
		}
		if err == nil {
			path.Host, port, err = way.ParseURL(path.Remote)
		}
		if err != nil {
			p.skip(path, err)
			return nil
		}
		scheme, _, _ = strings.Cut(strings.ToLower(path.Remote), ":")
		at = addr.Join(path.Host, port)
	default:
		return nil
	}
	vias := []way.Via{{}}
	if p.at.Via != nil && !path.Embedded {
		vias = p.at.Via(scheme, at)
	}
	for _, via := range vias {
		to := path
		to.Via = via.Name
		a, err := p.by(via, to, at, rules)
		if err != nil {
			p.skip(to, err)
			continue
		}
		all = append(all, a)
	}
	return all
}

// by returns one way to the address at, or why there is none.
func (p *plan) by(via way.Via, to way.Path, at string, rules way.Policy) (relayAddress, error) {
	rules.Remote, rules.Onion = via.Name != "", via.Onion
	if via.Onion {
		rules.Own = nil
	}
	if err := rules.CheckAddress(at); err != nil {
		return relayAddress{}, err
	}
	from := way.Dialer{Policy: rules, Custom: p.at.Dialer}
	if via.Dial != nil {
		from.Custom = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := via.Dial(ctx, network, addr)
			if err != nil {
				return nil, &way.ViaError{Err: err}
			}
			return conn, nil
		}
	}
	if to.Kind == way.RelayWebSocket {
		dial := func(ctx context.Context) (net.Conn, error) {
			return dialWebSocket(ctx, to.Remote, at, from, p.at.Roots)
		}
		return relayAddress{to, dial, to.Remote + " " + via.Name}, nil
	}
	if p.tcp == nil {
		return relayAddress{}, way.ErrNoTCP
	}
	dial := func(ctx context.Context) (net.Conn, error) { return p.tcp(from, ctx, at) }
	return relayAddress{to, dial, strings.ToLower("tcp "+at) + " " + via.Name}, nil
}

// knows reports whether an address is among those to try: the peer may say of a
// relay of ours what we say of it.
func (p *plan) knows(remote string) bool {
	return slices.ContainsFunc(p.routes, func(r way.Route) bool { return r.Path.Remote == remote })
}

func (p *plan) add(a relayAddress, instead int, wait time.Duration, on terms) int {
	id := len(p.routes)
	p.known[a.key] = id
	d := p.desk(a.key, on.ticket)
	join := func(conn net.Conn, number int) error { return d.join(conn, p.line(number)) }
	p.routes = append(p.routes, way.Route{Path: a.path, Dial: a.dial, Join: join, Closed: d.closed, Lanes: on.lanes, Instead: instead, Wait: wait})
	return id
}

func (p *plan) skip(path way.Path, err error) {
	p.skipped = append(p.skipped, way.Attempt{Path: path, Err: err})
}
