package relay

import (
	"container/list"
	"net/netip"
	"sesame/relay/source"
	"slices"
	"time"
)

// A pairing decides who is connected to whom. It has no sockets and no clock,
// and does no locking.
type pairing struct {
	limits  Limits
	tokens  map[string][]*waiter       // waiting, the oldest first
	sources map[netip.Prefix][]*waiter // the same by the networks of their source
	order   list.List                  // the same all together

	private  bool // only pipes with these tokens are joined
	admitted map[string]bool
}

// A waiter is a client that has sent its relay line.
type waiter struct {
	token, side string // side may be empty
	source      source.Source
	since       time.Time
	turn        *list.Element // in the order of all who wait
	conn        transport     // the shell's; the pairing doesn't look at it
	pair        *pair         // the shell's: set once it has a partner
}

func newPairing(l Limits) *pairing {
	return &pairing{limits: l, tokens: make(map[string][]*waiter), sources: make(map[netip.Prefix][]*waiter)}
}

// arrive looks for a partner for w: the same token, and another side, or none
// on either end. Without a partner w waits from now on, if accepted. Waiters
// that have lost their place are returned as gone: others with the token of a
// new pair, or those that make room for w. In both cases they wait no more.
func (p *pairing) arrive(w *waiter) (partner *waiter, gone []*waiter, accepted bool) {
	same := p.tokens[w.token]
	wait, join := p.may(w.token)
	if !wait {
		return nil, nil, false
	}
	for _, other := range slices.Backward(same) { // the newest is most likely alive
		if join && (other.side == "" || w.side == "" || other.side != w.side) {
			partner = other
			break
		}
	}
	if partner != nil {
		for _, other := range slices.Clone(same) {
			p.leave(other)
			if other != partner {
				gone = append(gone, other)
			}
		}
		return partner, gone, true
	}
	// Room is made at the expense of the same client or source, never of others.
	own := p.crowded(w.source)
	switch {
	case len(same) >= p.limits.WaitingPerToken:
		gone = append(gone, same[0])
	case len(own) > 0:
		gone = append(gone, own[0])
	case p.order.Len() >= p.limits.Waiting:
		return nil, nil, false
	}
	for _, other := range gone {
		p.leave(other)
	}
	p.tokens[w.token] = append(p.tokens[w.token], w)
	for n := range w.source.Networks {
		p.sources[n] = append(p.sources[n], w)
	}
	w.turn = p.order.PushBack(w)
	return nil, gone, true
}

// crowded returns those who wait in a network of s that has no further place. If
// nobody has, that is any network of s.
func (p *pairing) crowded(s source.Source) []*waiter {
	full := p.order.Len() >= p.limits.Waiting
	for n, times := range s.Networks {
		if own := p.sources[n]; len(own) >= source.Share(p.limits.WaitingPerSource, times, p.limits.Waiting) || full && len(own) > 0 {
			return own
		}
	}
	return nil
}

// leave says that w waits no more. It reports whether it did.
func (p *pairing) leave(w *waiter) bool {
	if !drop(p.tokens, w.token, w) {
		return false
	}
	for n := range w.source.Networks {
		drop(p.sources, n, w)
	}
	p.order.Remove(w.turn)
	return true
}

// drop removes w from the list under key, and the list when it is empty.
func drop[K comparable](m map[K][]*waiter, key K, w *waiter) bool {
	i := slices.Index(m[key], w)
	if i < 0 {
		return false
	}
	if m[key] = slices.Delete(m[key], i, i+1); len(m[key]) == 0 {
		delete(m, key)
	}
	return true
}

// expire removes and returns those who have waited too long.
func (p *pairing) expire(now time.Time) (gone []*waiter) {
	for e := p.order.Front(); e != nil && now.Sub(e.Value.(*waiter).since) >= p.limits.WaitingTime; e = p.order.Front() {
		gone = append(gone, e.Value.(*waiter))
		p.leave(e.Value.(*waiter))
	}
	return gone
}

// clear removes and returns everyone.
func (p *pairing) clear() (gone []*waiter) {
	for _, ws := range p.tokens {
		gone = append(gone, ws...)
	}
	for _, w := range gone {
		p.leave(w)
	}
	return gone
}
