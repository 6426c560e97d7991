package punch

import (
	"net/netip"
	"slices"
	"time"

	"sesame/internal/tokens"
)

// Limits and times of a checker (doc/native.md §9.4).
const (
	maxPeers    = 16  // addresses that the peer names at a time
	maxLearned  = 8   // addresses from which checks came, besides
	maxNamed    = 128 // addresses that it names in a session
	maxPending  = 16  // checks to one address that may still be answered
	maxAnswers  = 100 // in a second
	maxSilent   = 8   // checks without an answer until an open pair is shut
	pace        = 10 * time.Millisecond
	eagerTime   = 3 * time.Second
	eagerPause  = 200 * time.Millisecond
	activeTime  = 10 * time.Second
	activePause = 500 * time.Millisecond
	idlePause   = 10 * time.Second
	openPause   = 2 * time.Second // while an open pair isn't used
	knownTime   = 2 * time.Minute // how long an address is the peer's after a check from it
)

// A packet is to be sent.
type packet struct {
	to   netip.AddrPort
	data []byte
	ttl  int // 0 for the usual; else it is to get past our NATs, and no further
}

// A checker finds out at which of its addresses the peer can be reached, by
// sending checks to all of them: each also makes the NATs on this side let in
// what comes from there. It has no sockets and no clock.
//
// The first checks to an address get past our own NATs only (near.go).
//
// An address is open when a check to it was answered. Checks that come from an
// address that the peer didn't name make it one more: behind some NATs the peer
// can't know what it looks like from here.
type checker struct {
	ours, theirs []byte // keys of what this side writes, and the peer
	allow        func(netip.AddrPort) bool
	newID        func() id

	pairs   map[netip.AddrPort]*pair
	order   []*pair // those with the best chances first
	named   int     // addresses that the peer ever named
	seeking bool    // checks go out by themselves
	next    time.Time
	shy     *shyness

	answers tokens.Bucket // what is left of those of a second
}

// A pair is an address of the peer, as reached from here.
type pair struct {
	to      netip.AddrPort
	learned bool // by a check that came from there, not from the peer's hints
	open    bool
	silent  int // checks since the last answer
	began   time.Time
	sent    time.Time
	due     time.Time
	heard   time.Time // when a check by the peer last came from there
	pending []check   // latest last
	reserve
}

type check struct {
	id   id
	sent time.Time
}

func newChecker(ours, theirs []byte, allow func(netip.AddrPort) bool, newID func() id) *checker {
	return &checker{ours: ours, theirs: theirs, allow: allow, newID: newID, pairs: map[netip.AddrPort]*pair{}, seeking: true, shy: new(shyness)}
}

// name takes the addresses that the peer says it has, latest first. Those that
// it had before keep their state; others are dropped, unless they are open.
func (c *checker) name(addrs []netip.AddrPort, now time.Time) {
	named := map[netip.AddrPort]bool{}
	for _, to := range addrs {
		if len(named) < maxPeers && !named[to] && c.allow(to) {
			named[to] = true
			if p := c.pairs[to]; p != nil {
				p.learned = false
			} else if c.named < maxNamed {
				c.named++
				c.add(to, false, now)
			}
		}
	}
	for to, p := range c.pairs {
		if !named[to] && !p.learned && !p.open {
			delete(c.pairs, to)
		}
	}
	c.order = slices.DeleteFunc(c.order, func(p *pair) bool { return c.pairs[p.to] != p })
}

func (c *checker) add(to netip.AddrPort, learned bool, now time.Time) *pair {
	p := &pair{to: to, learned: learned, began: now, due: now}
	if !learned {
		p.reserve = c.shy.begin(to, now)
	}
	c.pairs[to] = p
	c.order = append(c.order, p)
	return p
}

// restart checks everything anew.
func (c *checker) restart(now time.Time) {
	c.seeking = true
	for _, p := range c.order {
		p.open, p.silent, p.began, p.due = false, 0, now, now
		p.reserve = c.shy.begin(p.to, now)
	}
}

// seek says whether checks are to go out by themselves.
func (c *checker) seek(on bool, now time.Time) {
	if on && !c.seeking {
		for _, p := range c.order {
			p.due = now
		}
	}
	c.seeking = on
}

// receive takes a STUN message that is no server's. It returns what to send, and
// whether an address has opened.
func (c *checker) receive(from netip.AddrPort, m *message, now time.Time) (out []packet, opened bool) {
	switch {
	case !m.By(c.theirs):
	case m.isRequest():
		if !c.mayAnswer(now) {
			return nil, false
		}
		out = []packet{{to: from, data: newAnswer(m.ID, from, c.ours)}}
		if p := c.from(from, now); p != nil {
			p.heard = now
			p.release(now) // the NATs on both sides are open
			if !p.open && p.sent.Add(2*pace).Before(now) {
				p.due = now
			}
		}
	case m.isAnswer():
		p := c.pairs[from]
		if p == nil {
			return nil, false
		}
		if i := slices.IndexFunc(p.pending, func(k check) bool { return k.id == m.ID }); i >= 0 {
			opened = !p.open
			p.open, p.silent, p.pending = true, 0, p.pending[:0]
			p.due = p.sent.Add(openPause)
		}
	}
	return out, opened
}

// from returns the pair of an address that a check came from, a new one if that
// may be.
func (c *checker) from(from netip.AddrPort, now time.Time) *pair {
	if p := c.pairs[from]; p != nil {
		return p
	}
	if !c.allow(from) {
		return nil
	}
	learned, stalest := 0, (*pair)(nil)
	for _, p := range c.order {
		if p.learned {
			learned++
			if !p.open && (stalest == nil || p.heard.Before(stalest.heard)) {
				stalest = p
			}
		}
	}
	if learned >= maxLearned {
		if stalest == nil {
			return nil
		}
		delete(c.pairs, stalest.to)
		c.order = slices.DeleteFunc(c.order, func(p *pair) bool { return p == stalest })
	}
	return c.add(from, true, now)
}

// mayAnswer bounds answers: a check that somebody repeats costs little.
func (c *checker) mayAnswer(now time.Time) bool {
	return c.answers.Allow(time.Second/maxAnswers, time.Second, now)
}

// tick returns the checks that are due.
func (c *checker) tick(now time.Time) (out []packet) {
	if !c.seeking {
		return nil
	}
	for _, p := range c.order {
		if now.Before(c.next) {
			break
		}
		if !now.Before(p.due) {
			out = append(out, c.check(p, now))
			c.next = now.Add(pace)
		}
	}
	return out
}

// knock returns a check to an address that is about to be dialled: the peer lets
// in who was heard of lately.
func (c *checker) knock(to netip.AddrPort, now time.Time) []packet {
	p := c.pairs[to]
	if p == nil {
		return nil
	}
	p.release(now)
	return []packet{c.check(p, now)}
}

// check makes one check.
func (c *checker) check(p *pair, now time.Time) packet {
	if p.silent++; p.silent > maxSilent {
		p.open = false
	}
	if len(p.pending) == maxPending {
		p.pending = slices.Delete(p.pending, 0, 1)
	}
	n := c.newID()
	p.pending = append(p.pending, check{n, now})
	p.sent = now
	if p.holds(now) {
		p.due = p.nearer(now)
		return packet{p.to, newCheck(n, c.ours), c.shy.ttl}
	}
	if p.fullAt.IsZero() {
		p.fullAt = now
	}
	switch age := now.Sub(p.began); {
	case p.open && p.silent == 1:
		p.due = now.Add(openPause)
	case age < eagerTime || p.open:
		p.due = now.Add(eagerPause)
	case age < activeTime:
		p.due = now.Add(activePause)
	default:
		p.due = now.Add(idlePause)
	}
	return packet{to: p.to, data: newCheck(n, c.ours)}
}

// wake returns when tick must be called.
func (c *checker) wake(now time.Time) time.Time {
	at := now.Add(time.Hour)
	if !c.seeking {
		return at
	}
	for _, p := range c.order {
		if p.due.Before(at) {
			at = p.due
		}
	}
	if at.Before(c.next) {
		at = c.next
	}
	return at
}

// opened returns the open addresses, the ones with the best chances first.
func (c *checker) opened() (out []netip.AddrPort) {
	for _, p := range c.order {
		if p.open {
			out = append(out, p.to)
		}
	}
	return out
}

// known reports whether the peer was at an address lately.
func (c *checker) known(from netip.AddrPort, now time.Time) bool {
	p := c.pairs[from]
	return p != nil && !p.heard.IsZero() && now.Sub(p.heard) < knownTime
}
