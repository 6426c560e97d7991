package transit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sesame/internal/addr"
)

// How many of a peer's hints are acted on (doc/transit.md §2.3).
const (
	maxDirect = 16
	maxRelays = 4
	maxInner  = 3 // addresses of one relay
)

// A plan lists the addresses to try: lanes for the race, and for each the
// route at the same index.
type plan struct {
	cfg     *Config
	own     []netip.Prefix
	lanes   []lane
	routes  []route
	known   map[string]int // lanes by address
	skipped []attempt      // what isn't tried, and why
}

// An attempt is a path and what became of it.
type attempt struct {
	path Path
	err  error
}

// makePlan chooses among our relays and the peer's hints.
func makePlan(cfg *Config, own []netip.Prefix, peer Message) *plan {
	p := &plan{cfg: cfg, own: own, known: map[string]int{}}
	if !cfg.NoDirect {
		p.addDirect(peer.Hints)
	}
	if cfg.NoRelay {
		return p
	}
	ours := queue{last: noFallback, rules: policy{anyPort: true, anyTarget: true}}
	for _, r := range cfg.Relays {
		p.addRelay(&ours, r.hint().Hints, Path{embedded: r.Embedded})
	}
	theirs := queue{last: noFallback, rules: p.policy()}
	for _, h := range peer.Hints {
		switch {
		case h.Type != typeRelay:
		case cfg.OwnRelaysOnly:
			p.skipRelay(h.Hints)
		case theirs.n < maxRelays:
			p.addRelay(&theirs, h.Hints, Path{Foreign: true})
		}
	}
	return p
}

// skipRelay notes that a relay of the peer's isn't used, unless it is ours, too.
func (p *plan) skipRelay(hints []Hint) {
	for _, h := range hints[:min(len(hints), 1)] {
		to := Path{Kind: RelayWebSocket, Remote: h.webSocketURL(), Foreign: true}
		if h.Type == typeDirect {
			to = Path{Kind: RelayTCP, Remote: addr.Join(h.Hostname, h.Port), Foreign: true}
		}
		if !slices.ContainsFunc(p.routes, func(r route) bool { return strings.EqualFold(r.path().Remote, to.Remote) }) {
			p.skip(to, errTheirs)
		}
	}
}

// A queue is a list of relays, ours or the peer's, each of which stands in for
// the one before it.
type queue struct {
	rules policy
	n     int // relays so far
	last  int // the lane of the last one's first address
}

func (p *plan) policy() policy {
	return policy{own: p.own, loopback: p.cfg.AllowLoopback, linkOnly: p.cfg.OnLinkOnly}
}

// addDirect adds the direct hints that the policy allows: nearest first, then
// by the peer's priority.
func (p *plan) addDirect(hints []Hint) {
	type candidate struct {
		path     Path
		priority float64
	}
	var all []candidate
	seen := map[netip.AddrPort]bool{}
	for _, h := range hints {
		if h.Type != typeDirect || !addr.IsPort(h.Port) {
			continue
		}
		ip, err := netip.ParseAddr(h.Hostname)
		if err != nil { // a name: not resolved for a peer
			p.skip(Path{Kind: Direct, Remote: addr.Join(h.Hostname, h.Port)}, errName)
			continue
		}
		to := netip.AddrPortFrom(ip.Unmap(), uint16(h.Port))
		if seen[to] {
			continue
		}
		seen[to] = true
		path := directPath(to, p.own)
		if err := p.policy().check(to); err != nil {
			p.skip(path, err)
			continue
		}
		all = append(all, candidate{path, h.Priority})
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.path.Kind, b.path.Kind), cmp.Compare(b.priority, a.priority))
	})
	for _, c := range all[:min(len(all), maxDirect)] {
		p.add("", tcpRoute{c.path, p.dialer(p.policy(), Via{})}, noFallback, 0)
	}
}

// addRelay adds the addresses of one relay, the later ones standing in for the
// first. Their paths are like base. TCP comes first; ways round an obstacle that
// may not be there, last.
func (p *plan) addRelay(q *queue, hints []Hint, base Path) {
	var first, others []relayAddress
	for _, tcp := range []bool{true, false} {
		for _, h := range hints {
			if (h.Type == typeDirect) != tcp {
				continue
			}
			ways := p.waysTo(h, q.rules, base)
			first = append(first, ways[:min(len(ways), 1)]...)
			others = append(others, ways[min(len(ways), 1):]...)
		}
	}
	instead, wait, before := q.last, time.Duration(q.n)*nextDelay, len(p.lanes)
	used := 0
	for _, a := range append(first, others...) {
		id, known := p.known[a.key]
		if used == maxInner || known && used > 0 {
			continue
		}
		if !known {
			id = p.add(a.key, a.route, instead, wait)
		}
		if used++; used == 1 {
			instead, wait = id, p.lanes[id].wait+nextDelay
		}
	}
	if len(p.lanes) > before {
		q.n++
		q.last = instead
	}
}

// A relayAddress is a way to a relay, and a key that is the same for the same.
type relayAddress struct {
	route route
	key   string
}

// waysTo returns the ways to one address of a relay, best first.
func (p *plan) waysTo(h Hint, rules policy, path Path) (all []relayAddress) {
	path.Kind, path.host = RelayTCP, h.Hostname
	scheme, at := "tcp", addr.Join(h.Hostname, h.Port)
	switch h.Type {
	case typeDirect:
		path.Remote = at
	case typeWebSocket, typeWebSocketV1, typeDirectWS, typeDirectWSS:
		path.Kind, path.Remote = RelayWebSocket, h.webSocketURL()
		var port uint16
		var err error
		if path.Foreign && !p.knows(path.Remote) {
			path.Remote, err = foreignURL(path.Remote)
		}
		if err == nil {
			path.host, port, err = parseURL(path.Remote)
		}
		if err != nil {
			p.skip(path, err)
			return nil
		}
		scheme, _, _ = strings.Cut(strings.ToLower(path.Remote), ":")
		at = addr.Join(path.host, port)
	default:
		return nil
	}
	ways := []Via{{}}
	if p.cfg.Via != nil && !path.embedded {
		ways = p.cfg.Via(scheme, at)
	}
	for _, via := range ways {
		to, rules := path, via.rules(rules)
		to.Via = via.Name
		if err := rules.checkAddress(at); err != nil {
			p.skip(to, err)
			continue
		}
		a := relayAddress{tcpRoute{to, p.dialer(rules, via)}, strings.ToLower("tcp " + at)}
		if to.Kind == RelayWebSocket {
			a = relayAddress{wsRoute{to, at, p.dialer(rules, via)}, to.Remote}
		}
		a.key += " " + via.Name
		all = append(all, a)
	}
	return all
}

// knows reports whether an address is among those to try: the peer may say of a
// relay of ours what we say of it.
func (p *plan) knows(remote string) bool {
	return slices.ContainsFunc(p.routes, func(r route) bool { return r.path().Remote == remote })
}

// webSocketURL returns the address in any of its four spellings.
func (h Hint) webSocketURL() string {
	switch h.Type {
	case typeDirectWS:
		return "ws://" + addr.Join(h.Hostname, h.Port) + "/"
	case typeDirectWSS:
		return "wss://" + addr.Join(h.Hostname, h.Port) + "/"
	}
	return h.URL
}

func (p *plan) dialer(rules policy, via Via) dialer {
	if via.Dial != nil {
		return dialer{rules, via.dial}
	}
	return dialer{rules, p.cfg.Dialer}
}

func (p *plan) add(key string, rt route, instead int, wait time.Duration) int {
	id := len(p.lanes)
	if key != "" {
		p.known[key] = id
	}
	p.lanes = append(p.lanes, lane{relay: rt.path().isRelay(), instead: instead, wait: wait})
	p.routes = append(p.routes, rt)
	return id
}

func (p *plan) skip(path Path, err error) {
	if len(p.skipped) < maxDirect {
		p.skipped = append(p.skipped, attempt{path, err})
	}
}
