package pipe

import (
	"maps"
	"slices"
	"sync"
	"time"

	"sesame/relay/figures"
)

// A lobby has those who wait, and the pairs, with the rules under its lock. It may be used
// concurrently.
type lobby struct {
	mu      sync.Mutex
	rules   *pairing
	last    ID
	waiting map[ID]*guest
	pairs   map[*pair]struct{}
	closed  bool
}

func newLobby(l Limits, private bool) *lobby {
	return &lobby{rules: newPairing(l, private), waiting: make(map[ID]*guest), pairs: make(map[*pair]struct{})}
}

// A guest is a client that has sent its relay line.
type guest struct {
	call
	conn Transport
	id   ID    // while it waits
	pair *pair // once it has waited and has a partner; the lobby's
}

// arrive finds a partner for g, and has it wait if there is none. The partner is made a pair
// with g by join. Those that are gone have lost their place, and are to be closed; ok is
// false if g is one of them, and why says it as figures do, if it is to be counted.
func (l *lobby) arrive(g *guest, join func(partner *guest) *pair) (p *pair, gone []*guest, ok bool, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, false, ""
	}
	l.last++
	a := l.rules.arrive(l.last, g.call)
	gone = l.take(a.gone)
	switch {
	case a.often:
		return nil, gone, false, figures.TooOften
	case a.refused:
		return nil, gone, false, ""
	case a.partner == 0:
		g.id = l.last
		l.waiting[g.id] = g
		return nil, gone, true, ""
	}
	partner := l.take([]ID{a.partner})[0]
	p = join(partner)
	partner.pair = p
	l.pairs[p] = struct{}{}
	return p, gone, true, ""
}

// take removes clients from those that wait, and returns them.
func (l *lobby) take(ids []ID) (gone []*guest) {
	for _, id := range ids {
		gone = append(gone, l.waiting[id])
		delete(l.waiting, id)
	}
	return gone
}

// stay returns the pair of a guest that has waited. Without one it waits no more.
func (l *lobby) stay(g *guest) *pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.pair == nil && l.rules.leave(g.id) {
		delete(l.waiting, g.id)
	}
	return g.pair
}

// end forgets p.
func (l *lobby) end(p *pair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pairs, p)
}

// running returns all pairs.
func (l *lobby) running() []*pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.pairs))
}

// counts returns how many wait, and how many pairs there are.
func (l *lobby) counts() (waiting, pairs int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting), len(l.pairs)
}

func (l *lobby) resize(to Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rules.resize(to)
}

// expire returns those who have waited too long, and wait no more.
func (l *lobby) expire(now time.Time) []*guest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(l.rules.expire(now))
}

// admit is pairing.admit.
func (l *lobby) admit(token string) []*guest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(l.rules.admit(token))
}

// close lets nobody wait or be joined any more, and returns those who did wait.
func (l *lobby) close() []*guest {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.take(l.rules.clear())
}
