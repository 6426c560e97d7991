package pipe

import (
	"container/list"
	"slices"
	"time"

	"sesame/relay/source"
)

// An ID is the number of a client, while it waits. A hub gives none twice.
type ID uint64

// A call is what a client has said: with whom it is to be joined.
type call struct {
	token, side string // side may be empty
	source      source.Source
	since       time.Time
	classic     bool // it has no ticket
	again       bool // it comes again, since its partner had gone
}

// A waiter is a client that has no partner yet.
type waiter struct {
	call
	id   ID
	turn *list.Element // in the order of all who wait
}

// A pairing decides who is connected to whom. It knows clients by their numbers, has no
// sockets and no clock, and does no locking.
type pairing struct {
	limits  Limits
	waiters map[ID]*waiter
	tokens  map[string][]*waiter // the same, the oldest first
	held    *source.Holdings[ID] // the same by their source
	order   list.List            // the same all together
	classic *annex               // those of them without a ticket

	private  bool // only pipes with these tokens are joined
	admitted map[string]bool
}

func newPairing(l Limits, private bool) *pairing {
	return &pairing{
		limits: l, waiters: make(map[ID]*waiter), tokens: make(map[string][]*waiter),
		held: source.NewHoldings[ID](l.WaitingPerSource, l.Waiting), classic: newAnnex(l), private: private,
	}
}

// resize has the pairing go by other limits. Who waits goes on.
func (p *pairing) resize(l Limits) {
	p.limits = l
	p.held.Resize(l.WaitingPerSource, l.Waiting)
	p.classic.resize(l)
}

// An arrival is what becomes of a client that has come.
type arrival struct {
	partner ID   // 0: none
	gone    []ID // have lost their place: others with the token of a new pair, or who made room
	refused bool // it may not even wait
	often   bool // because it comes too often
}

// arrive looks for a partner for a client: the same token, and another side, or none
// on either end. Without a partner it waits from now on, unless it is refused.
func (p *pairing) arrive(id ID, c call) arrival {
	same := p.tokens[c.token]
	wait, join := p.may(c.token)
	if !wait {
		return arrival{refused: true}
	}
	if c.classic && !c.again && !p.classic.rate.Allow(c.source, c.since) {
		return arrival{refused: true, often: true}
	}
	for _, other := range slices.Backward(same) { // the newest is most likely alive
		if join && (other.side == "" || c.side == "" || other.side != c.side) {
			return p.join(other.id, same)
		}
	}
	gone, ok := p.room(c, same)
	if !ok {
		return arrival{refused: true}
	}
	for _, other := range gone {
		p.leave(other)
	}
	w := &waiter{call: c, id: id}
	w.turn = p.order.PushBack(w)
	p.waiters[id] = w
	p.tokens[c.token] = append(p.tokens[c.token], w)
	p.held.Take(c.source, id)
	if c.classic {
		p.classic.held.Take(c.source, id)
	}
	return arrival{gone: gone}
}

// join has all of a token wait no more, since one of them has found a partner.
func (p *pairing) join(partner ID, same []*waiter) arrival {
	a := arrival{partner: partner}
	for _, other := range slices.Clone(same) {
		p.leave(other.id)
		if other.id != partner {
			a.gone = append(a.gone, other.id)
		}
	}
	return a
}

// room returns who has to go so that a client may wait beside others with its token: one of
// the same token, of the same source, or of the source that has most, and never the oldest of
// all. It reports whether it may.
func (p *pairing) room(c call, same []*waiter) (gone []ID, ok bool) {
	if len(same) >= p.limits.WaitingPerToken {
		return []ID{same[0].id}, true
	}
	if c.classic && !p.classic.open(c.source) {
		return evict(p.classic.held, c.source)
	}
	if p.held.Len() < p.held.All() && p.held.Room(c.source) {
		return nil, true
	}
	return evict(p.held, c.source)
}

// evict returns who makes room among some that hold all that they may, for one more of a
// source.
func evict(held *source.Holdings[ID], of source.Source) (gone []ID, ok bool) {
	if held.Room(of) {
		for other := range held.Richer(of) {
			return []ID{other}, true
		}
	}
	own, ok := held.Oldest(of)
	if !ok {
		return nil, false
	}
	return []ID{own}, true
}

// leave says that a client waits no more. It reports whether it did.
func (p *pairing) leave(id ID) bool {
	w := p.waiters[id]
	if w == nil {
		return false
	}
	delete(p.waiters, id)
	same := p.tokens[w.token]
	i := slices.Index(same, w)
	if p.tokens[w.token] = slices.Delete(same, i, i+1); len(p.tokens[w.token]) == 0 {
		delete(p.tokens, w.token)
	}
	p.held.Leave(id)
	p.classic.held.Leave(id)
	p.order.Remove(w.turn)
	return true
}

// expire removes and returns those who have waited too long.
func (p *pairing) expire(now time.Time) (gone []ID) {
	for e := p.order.Front(); e != nil && now.Sub(e.Value.(*waiter).since) >= p.limits.WaitingTime; e = p.order.Front() {
		id := e.Value.(*waiter).id
		gone = append(gone, id)
		p.leave(id)
	}
	return gone
}

// clear removes and returns everyone.
func (p *pairing) clear() []ID { return p.remove(func(*waiter) bool { return true }) }

// admit lets pipes with a token be joined, and removes and returns those that wait with one
// that isn't admitted.
func (p *pairing) admit(token string) (gone []ID) {
	if p.admitted == nil {
		p.admitted = make(map[string]bool)
	}
	p.admitted[token] = true
	return p.remove(func(w *waiter) bool { return !p.admitted[w.token] })
}

func (p *pairing) remove(which func(*waiter) bool) (gone []ID) {
	for id, w := range p.waiters {
		if which(w) {
			gone = append(gone, id)
		}
	}
	for _, id := range gone {
		p.leave(id)
	}
	return gone
}

// may says what becomes of pipes with a token: whether they may wait, and whether
// they may be joined. As long as no token is admitted, the one that will be may come
// too early.
func (p *pairing) may(token string) (wait, join bool) {
	if !p.private {
		return true, true
	}
	return len(p.admitted) == 0 || p.admitted[token], p.admitted[token]
}
