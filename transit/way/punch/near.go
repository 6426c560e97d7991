package punch

import (
	"net/netip"
	"time"

	"sesame/transit/natkind"
)

// This file is what a check does first: it gets past our own NATs, so that they let in
// what comes back, and no further. A router that answers packets that are for nobody
// would remember it, and give the peer's own packets to us another port, which nobody
// knows (doc/native.md §9.8).

// Times of near checks.
const (
	leadTime   = 500 * time.Millisecond  // until the leader goes all the way, whatever it hears
	shyTime    = 1200 * time.Millisecond // and the follower: one of the two is first
	longestShy = 2 * time.Second         // if the peer has been told of us late
	nearPause  = 20 * time.Millisecond   // between the first near checks to an address
	nearBurst  = 3                       // of these: one may get lost
	staleTime  = 3 * time.Second         // of checks all the way, until other ports are worth a try
)

// A shyness says which addresses get near checks first, for how long, and how far these
// go. The zero value is none.
type shyness struct {
	applies func(netip.AddrPort) bool
	time    time.Duration
	ttl     int
	found   bool      // the TTL was found out, so that our ports aren't drawn
	until   time.Time // when it will be, if ever
	named   bool      // the peer knows where to send its own
}

// measure notes that it is being found out, until about then, how far near checks must
// go. Behind one NAT it is what is taken for granted.
func (s *shyness) measure(until time.Time) {
	s.ttl, s.found, s.until = natkind.MinTTL, false, until
}

// answered notes that a STUN server has answered: how far near checks must go will be
// known soon now, or not at all.
func (s *shyness) answered(now time.Time) {
	if at := now.Add(ttlSoon); at.Before(s.until) {
		s.until = at
	}
}

// begin returns what an address begins with.
func (s *shyness) begin(to netip.AddrPort, now time.Time) reserve {
	if s.applies == nil || !s.applies(to) {
		return reserve{}
	}
	r := reserve{held: true, since: now}
	r.wait(s, now)
	return r
}

// A reserve is how far checks to an address go.
type reserve struct {
	held   bool // past our own NATs
	since  time.Time
	free   time.Time // when they go all the way in any case
	nears  int       // near checks so far
	fullAt time.Time // when one first went all the way; zero if none has
}

// wait says that checks go all the way when the peer has had time for its own near ones,
// if it knows since now where to send them.
func (r *reserve) wait(s *shyness, now time.Time) {
	r.free = r.since.Add(longestShy)
	if t := now.Add(s.time); s.named && t.Before(r.free) {
		r.free = t
	}
}

// release has checks go all the way from now on.
func (p *pair) release(now time.Time) {
	if p.held {
		p.held, p.began, p.due = false, now, now
	}
}

// holds reports whether the check that is due is a near one.
func (p *pair) holds(now time.Time) bool {
	if !now.Before(p.free) {
		p.release(now)
	}
	return p.held
}

// nearer counts a near check, and returns when the next one is due.
func (p *pair) nearer(now time.Time) time.Time {
	next := now.Add(nearPause)
	if p.nears++; p.nears >= nearBurst {
		next = now.Add(eagerPause)
	}
	if next.After(p.free) {
		return p.free
	}
	return next
}

// release has checks to all addresses go all the way.
func (c *checker) release(now time.Time) {
	for _, p := range c.order {
		p.release(now)
	}
}

// wait gives the peer as much time as in the beginning: it has been told only now where
// to send its near checks.
func (c *checker) wait(now time.Time) {
	for _, p := range c.order {
		if p.held {
			p.wait(c.shy, now)
			p.due = earlier(p.due, p.free)
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// nearAgain has all near checks sent once more.
func (c *checker) nearAgain(now time.Time) {
	for _, p := range c.order {
		if p.held {
			p.nears, p.due = 0, now
		}
	}
}

// approached reports whether there are addresses of the peer that haven't been sent a
// check all the way, and our NATs are open to each of them.
func (c *checker) approached() bool {
	held := false
	for _, p := range c.order {
		if p.held && p.nears < nearBurst {
			return false
		}
		held = held || p.held
	}
	return held
}

// stale returns when checks will have gone all the way for long, as things are, and
// false if one was answered, or none of an address that began with near ones has left.
func (c *checker) stale() (at time.Time, ok bool) {
	for _, p := range c.order {
		if p.open {
			return at, false
		}
		if !p.since.IsZero() && !p.fullAt.IsZero() && (!ok || p.fullAt.Before(at)) {
			at, ok = p.fullAt, true
		}
	}
	return at.Add(staleTime), ok
}
