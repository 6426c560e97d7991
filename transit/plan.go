package transit

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
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
	for _, r := range cfg.Relays {
		p.addRelay(r.hint().Hints, policy{anyPort: true, anyTarget: true}, Path{embedded: r.Embedded})
	}
	if cfg.OwnRelaysOnly {
		return p
	}
	relays := 0
	for _, h := range peer.Hints {
		if h.Type == typeRelay && relays < maxRelays && p.addRelay(h.Hints, p.policy(), Path{Foreign: true}) {
			relays++
		}
	}
	return p
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
		if h.Type != typeDirect || !validPort(h.Port) {
			continue
		}
		ip, err := netip.ParseAddr(h.Hostname)
		if err != nil { // a name: not resolved for a peer
			p.skip(Path{Kind: Direct, Remote: net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port))}, errName)
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
		p.add("", tcpRoute{c.path, p.dialer(p.policy())}, noFallback)
	}
}

// addRelay adds the addresses of one relay, the later ones standing in for the
// first. Their paths are like base. It reports whether there was one that isn't
// known yet.
func (p *plan) addRelay(hints []Hint, rules policy, base Path) bool {
	first, before, used := noFallback, len(p.lanes), 0
	for _, tcp := range []bool{true, false} { // TCP addresses first
		for _, h := range hints {
			if (h.Type == typeDirect) != tcp || used == maxInner {
				continue
			}
			rt, key, ok := p.relayRoute(h, rules, base)
			if !ok {
				continue
			}
			id, known := p.known[key]
			if !known {
				id = p.add(key, rt, first)
			}
			used++
			if first == noFallback {
				first = id
			}
		}
	}
	return len(p.lanes) > before
}

// relayRoute returns the route to one address of a relay, and a key that is
// the same for the same address.
func (p *plan) relayRoute(h Hint, rules policy, base Path) (rt route, key string, ok bool) {
	path := base
	path.Kind, path.host = RelayTCP, h.Hostname
	var err error
	switch h.Type {
	case typeDirect:
		path.Remote = net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port))
		if !validPort(h.Port) {
			err = errName
		} else {
			err = rules.checkHostPort(h.Hostname, uint16(h.Port))
		}
		rt, key = tcpRoute{path, p.dialer(rules)}, "tcp "+strings.ToLower(path.Remote)
	case typeWebSocket, typeWebSocketV1, typeDirectWS, typeDirectWSS:
		path.Kind, path.Remote = RelayWebSocket, h.webSocketURL()
		var port uint16
		path.host, port, err = rules.checkURL(path.Remote)
		addr := net.JoinHostPort(path.host, strconv.Itoa(int(port)))
		rt, key = wsRoute{path, addr, p.dialer(rules)}, path.Remote
	default:
		return nil, "", false
	}
	if err != nil {
		p.skip(path, err)
		return nil, "", false
	}
	return rt, key, true
}

// webSocketURL returns the address in any of its four spellings.
func (h Hint) webSocketURL() string {
	switch h.Type {
	case typeDirectWS:
		return "ws://" + net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port)) + "/"
	case typeDirectWSS:
		return "wss://" + net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port)) + "/"
	}
	return h.URL
}

func (p *plan) dialer(rules policy) dialer { return dialer{rules, p.cfg.Dialer} }

func (p *plan) add(key string, rt route, instead int) int {
	id := len(p.lanes)
	p.lanes = append(p.lanes, lane{relay: rt.path().isRelay(), instead: instead})
	p.routes = append(p.routes, rt)
	if key != "" {
		p.known[key] = id
	}
	return id
}

func (p *plan) skip(path Path, err error) {
	if len(p.skipped) < maxDirect {
		p.skipped = append(p.skipped, attempt{path, err})
	}
}
