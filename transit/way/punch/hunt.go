package punch

import (
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// A hunt is what an Agent knows: its sockets, how others see them, and where the
// peer is. It starts no goroutine and has no clock; the Agent's lock guards it.
type hunt struct {
	addrs   []netip.Addr // of this computer
	sockets []*socket
	added   []netip.AddrPort
	reflex  *reflex
	checker *checker // nil before start
	key     []byte   // of connections; nil before start
	peer    []netip.AddrPort
	seeking bool
	shy     *shyness
	ledger  ledger
	fresh   bool // there have been other ports already, since everything last began anew
}

// An urge is what has to be done besides sending.
type urge struct {
	tell   bool // the peer has to be told how far its messages have been acted on
	reopen bool // other ports are worth a try
}

func (h *hunt) start(c *checker, key []byte, now time.Time) {
	h.checker, h.key = c, key
	c.shy = h.shy
	for _, s := range h.sockets {
		s.carrier.start(key)
	}
	c.seek(h.seeking, now)
	c.name(h.peer, now)
}

// name takes the addresses that the peer has.
func (h *hunt) name(addrs []netip.AddrPort, now time.Time) {
	h.peer = addrs
	if h.checker != nil {
		h.checker.name(addrs, now)
	}
}

// tell notes that message n of ours has these addresses.
func (h *hunt) tell(n int, addrs []netip.AddrPort, now time.Time) {
	if !h.ledger.tell(n, addrs) {
		return
	}
	h.shy.named = slices.ContainsFunc(addrs, func(a netip.AddrPort) bool {
		return a.Addr().Is4() && addr.KindOf(a.Addr()) == addr.Public
	})
	if h.checker != nil {
		h.checker.wait(now)
	}
}

// hear notes that the peer's message n has come, whose addresses name has had, and has
// acted on ours up to seen.
func (h *hunt) hear(n, seen int, now time.Time) {
	h.ledger.hear(n, seen)
	if h.checker != nil && h.ledger.open(h.candidates()) {
		h.checker.release(now)
	}
}

// gauge takes the TTL that gets packets past our NATs.
func (h *hunt) gauge(ttl int, now time.Time) {
	news := ttl != h.shy.ttl
	h.shy.ttl, h.shy.found, h.shy.until = ttl, true, time.Time{}
	if news && h.checker != nil {
		h.checker.nearAgain(now)
	}
}

// opened returns where the peer has answered.
func (h *hunt) opened() []netip.AddrPort {
	if h.checker == nil {
		return nil
	}
	return h.checker.opened()
}

// known reports whether the peer was at an address lately.
func (h *hunt) known(from netip.AddrPort, now time.Time) bool {
	return h.checker != nil && h.checker.known(from, now)
}

// candidates returns our own addresses, as others see them.
func (h *hunt) candidates() []netip.AddrPort {
	out := append(h.reflex.addrs(), h.added...)
	for _, ip := range h.addrs {
		if s := h.socketFor(ip); s != nil {
			out = append(out, netip.AddrPortFrom(ip, s.port))
		}
	}
	var distinct []netip.AddrPort
	for _, c := range out {
		if !slices.Contains(distinct, c) {
			distinct = append(distinct, c)
		}
	}
	return distinct[:min(len(distinct), maxOwn)]
}

// add takes one more candidate, and reports whether it is one.
func (h *hunt) add(c netip.AddrPort) bool {
	if len(h.added) >= maxOwn || slices.Contains(h.added, c) {
		return false
	}
	h.added = append(h.added, c)
	return true
}

// seek says whether ways are wanted, and reports whether that is news.
func (h *hunt) seek(on bool, now time.Time) bool {
	if on == h.seeking {
		return false
	}
	h.seeking = on
	if h.checker != nil {
		h.checker.seek(on, now)
	}
	return true
}

// renew begins anew, with other ports or not. It reports whether no STUN server's
// address is known.
func (h *hunt) renew(ports bool, now time.Time) (bare bool) {
	h.seeking, h.fresh = true, false
	h.reflex.again(ports, now)
	h.ledger.forget(ports)
	h.shy.named = h.shy.named && !ports
	if h.checker != nil {
		h.checker.restart(now)
	}
	return len(h.reflex.queries) == 0
}

// moved takes our addresses, and reports whether anything has to be done: there are
// others than before, or a socket has failed.
func (h *hunt) moved(addrs []netip.Addr) bool {
	if slices.Equal(addrs, h.addrs) && !h.failed() {
		return false
	}
	h.addrs = slices.Clone(addrs)
	return true
}

// failed reports whether there is a socket that receives nothing any more, or none.
func (h *hunt) failed() bool {
	return len(h.sockets) == 0 || slices.ContainsFunc(h.sockets, (*socket).failed)
}

// reopen takes other sockets, and returns those so far.
func (h *hunt) reopen(sockets []*socket) (old []*socket) {
	old, h.sockets, h.added = h.sockets, sockets, nil
	if h.key != nil {
		for _, s := range sockets {
			s.carrier.start(h.key)
		}
	}
	return old
}

// socketFor returns the socket that packets to an address leave by, or nil.
func (h *hunt) socketFor(to netip.Addr) *socket {
	for _, s := range h.sockets {
		if s.four == to.Is4() {
			return s
		}
	}
	return nil
}

func (h *hunt) ports() (v4, v6 uint16) {
	for _, s := range h.sockets {
		if s.four {
			v4 = s.port
		} else {
			v6 = s.port
		}
	}
	return v4, v6
}

// due returns what to send now, what else to do, and when there may be more.
func (h *hunt) due(now time.Time) (out []packet, u urge, at time.Time) {
	if !h.seeking {
		return nil, u, now.Add(time.Hour)
	}
	out, at = h.reflex.tick(now), h.reflex.wake(now)
	if h.checker == nil {
		return out, u, at
	}
	out = append(out, h.checker.tick(now)...)
	if t := h.checker.wake(now); t.Before(at) {
		at = t
	}
	u, t := h.urge(now)
	if t.Before(at) {
		at = t
	}
	return out, u, at
}

// urge returns what has to be done besides sending, and when there may be more.
func (h *hunt) urge(now time.Time) (u urge, at time.Time) {
	at = now.Add(time.Hour)
	if h.checker.approached() {
		if now.Before(h.shy.until) {
			at = h.shy.until
		} else {
			u.tell = h.ledger.act()
		}
	}
	if t, ok := h.checker.stale(); ok && !h.fresh && h.shy.found {
		if u.reopen = !now.Before(t); !u.reopen && t.Before(at) {
			at = t
		}
	}
	return u, at
}

// receive takes a STUN message. It returns what to send, and whether there is news.
func (h *hunt) receive(from netip.AddrPort, m *message, now time.Time) (out []packet, news bool) {
	ours, news := h.reflex.receive(from, m, now)
	if news {
		h.shy.answered(now)
	}
	if !ours && h.checker != nil {
		return h.checker.receive(from, m, now)
	}
	return nil, news
}

// knock returns what makes this side known at an address.
func (h *hunt) knock(to netip.AddrPort, now time.Time) []packet {
	if h.checker == nil {
		return nil
	}
	return h.checker.knock(to, now)
}

// erase makes the keys unusable.
func (h *hunt) erase() {
	clear(h.key)
	if h.checker != nil {
		clear(h.checker.ours)
		clear(h.checker.theirs)
	}
}
