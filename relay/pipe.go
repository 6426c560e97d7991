package relay

import (
	"slices"
	"time"
)

// A pairing decides who is connected to whom. It has no sockets and no clock,
// and does no locking.
type pairing struct {
	limits  Limits
	tokens  map[string][]*waiter // waiting, the oldest first
	sources map[string][]*waiter // the same by source
	waiting int

	private  bool // only pipes with these tokens are joined
	admitted map[string]bool
}

// A waiter is a client that has sent its relay line.
type waiter struct {
	token, side string // side may be empty
	source      string
	since       time.Time
	conn        transport // the shell's; the pairing doesn't look at it
	pair        *pair     // the shell's: set once it has a partner
}

func newPairing(l Limits) *pairing {
	return &pairing{limits: l, tokens: make(map[string][]*waiter), sources: make(map[string][]*waiter)}
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
	own := p.sources[w.source]
	switch {
	case len(same) >= p.limits.WaitingPerToken:
		gone = append(gone, same[0])
	case len(own) >= p.limits.WaitingPerSource, p.waiting >= p.limits.Waiting && len(own) > 0:
		gone = append(gone, own[0])
	case p.waiting >= p.limits.Waiting:
		return nil, nil, false
	}
	for _, other := range gone {
		p.leave(other)
	}
	p.tokens[w.token] = append(p.tokens[w.token], w)
	p.sources[w.source] = append(p.sources[w.source], w)
	p.waiting++
	return nil, gone, true
}

// leave says that w waits no more. It reports whether it did.
func (p *pairing) leave(w *waiter) bool {
	if !drop(p.tokens, w.token, w) {
		return false
	}
	drop(p.sources, w.source, w)
	p.waiting--
	return true
}

// drop removes w from the list under key, and the list when it is empty.
func drop(m map[string][]*waiter, key string, w *waiter) bool {
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
	for _, ws := range p.tokens {
		for _, w := range ws {
			if now.Sub(w.since) >= p.limits.WaitingTime {
				gone = append(gone, w)
			}
		}
	}
	for _, w := range gone {
		p.leave(w)
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
