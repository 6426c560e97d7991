package relay

import (
	"container/list"
	"sesame/relay/source"
	"slices"
	"time"
)

// A pairing decides who is connected to whom. It has no sockets and no clock,
// and does no locking.
type pairing struct {
	limits Limits
	tokens map[string][]*waiter      // waiting, the oldest first
	held   *source.Holdings[*waiter] // the same by their source
	order  list.List                 // the same all together

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
	return &pairing{limits: l, tokens: make(map[string][]*waiter), held: source.NewHoldings[*waiter](l.WaitingPerSource, l.Waiting)}
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
	if gone, accepted = p.room(w, same); !accepted {
		return nil, nil, false
	}
	for _, other := range gone {
		p.leave(other)
	}
	p.tokens[w.token] = append(p.tokens[w.token], w)
	p.held.Take(w.source, w)
	w.turn = p.order.PushBack(w)
	return nil, gone, true
}

// room returns who has to go so that w may wait beside others with its token: one of the
// same token, of the same source, or of the source that has most, and never the oldest of
// all. It reports whether w may.
func (p *pairing) room(w *waiter, same []*waiter) (gone []*waiter, ok bool) {
	if len(same) >= p.limits.WaitingPerToken {
		return []*waiter{same[0]}, true
	}
	full, roomy := p.order.Len() >= p.limits.Waiting, p.held.Room(w.source)
	if roomy && !full {
		return nil, true
	}
	if roomy {
		for other := range p.held.Richer(w.source) {
			return []*waiter{other}, true
		}
	}
	own, ok := p.held.Oldest(w.source)
	if !ok {
		return nil, false
	}
	return []*waiter{own}, true
}

// leave says that w waits no more. It reports whether it did.
func (p *pairing) leave(w *waiter) bool {
	if !drop(p.tokens, w.token, w) {
		return false
	}
	p.held.Leave(w)
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
