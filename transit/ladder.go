package transit

import (
	"maps"
	"slices"
	"time"
)

// A ladder decides when to dial which address so that there are always lanes.
// It has no sockets and no clock: events and times go in, actions come out.
//
// A session begins like a race, but it doesn't end: each lane that comes about
// is used, and whenever none is left everything begins again. Relays are only
// asked while there is no lane at all.
type ladder struct {
	want  int // direct lanes to hold
	rungs map[int]*rung
	order []int // their numbers, in the order in which to try them

	began   time.Time  // when the search for a first lane began
	renewed time.Time  // when hints last made us begin anew
	last    time.Time  // when the last lane came
	lanes   [tiers]int // living ones
	doubt   time.Time  // when it last seemed possible that the peer is there
	punched bool       // there was a punched lane once
	opens   int        // dials of addresses that both sides dial
}

// A tier is a sort of paths. The lower is the better one: a session goes over
// the best that there is, and only worse ones are replaced.
type tier int

const (
	direct  tier = iota // TCP
	punched             // UDP, past NATs
	relayed
	tiers // their number
)

// A rung is an address to dial.
type rung struct {
	tier    tier
	both    bool          // works only if the peer dials us, too, at about the same time
	instead int           // the rung that this one stands in for, or noFallback
	wait    time.Duration // after the relays' turn has come, unless that has failed

	state     laneState // waiting, dialling or connected
	dialled   time.Time // when that began
	crowded   bool      // it was told to end to make room for another
	stopping  bool      // the dial under way was told to end
	proven    bool      // the peer was there once
	refused   bool      // the last dial was
	barred    bool      // never again
	tries     int       // failed dials since the search began
	strangers int       // that a relay joined us with, one after another
	failed    time.Time // when the last dial did
}

// The numbers of connections that the peer dialled, by their tier.
const (
	acceptedID    = -1
	acceptedUDPID = -2
)

// Events of a ladder besides those of a race.
const (
	laneRefused eventKind = iota + 100 // it failed: nothing listens there
	laneLost                           // a lane broke
	laneLeft                           // a lane was closed, by us or by the peer
	laneBarred                         // what the peer called a relay is none
)

// doStop ends a dial, which reports its failure then.
const doStop actionKind = 100

// newLadder returns a ladder that begins now.
func newLadder(want int, now time.Time) *ladder {
	return &ladder{want: want, rungs: map[int]*rung{}, began: now, doubt: now}
}

// replace sets the rungs, best first. Those that are known already keep their
// state. Those that are left out are not dialled again; their lanes live on. With
// again, what failed earlier is tried at once, though not more often than every
// 5 s.
func (l *ladder) replace(order []int, rungs map[int]rung, again bool, now time.Time) []action {
	for id, r := range rungs {
		if old := l.rungs[id]; old != nil {
			old.instead, old.wait = r.instead, r.wait
			continue
		}
		l.rungs[id] = &r
	}
	l.order = slices.Clone(order)
	if again && now.Sub(l.renewed) >= renewPause {
		l.renewed = now
		l.restart(now)
	}
	return l.step(event{kind: tick}, now)
}

// moved notes that this computer has other addresses than before. Everything is
// tried again at once; dials that may have used an address that is gone are
// ended, since nothing else would end them soon.
func (l *ladder) moved(gone bool, now time.Time) (out []action) {
	for _, id := range slices.Sorted(maps.Keys(l.rungs)) {
		if r := l.rungs[id]; gone && r.state != waiting && !r.stopping {
			r.stopping = true
			out = append(out, action{doStop, id})
		}
	}
	l.renewed = now
	l.restart(now)
	return append(out, l.step(event{kind: tick}, now)...)
}

// step takes an event and returns what to do.
func (l *ladder) step(e event, now time.Time) []action {
	l.note(e, now)
	if !l.allRefused() {
		l.doubt = now
	}
	out := l.makeRoom(l.stops(), now)
	for _, id := range l.order {
		if due, ok := l.due(id); ok && !now.Before(due) {
			r := l.rungs[id]
			r.state, r.dialled = dialling, now
			if r.both {
				l.opens++
			}
			out = append(out, action{doDial, id})
		}
	}
	return out
}

// note records what e says.
func (l *ladder) note(e event, now time.Time) {
	r := l.rungs[e.id]
	if r == nil { // of a connection that was accepted
		r = new(rung)
		if e.id == acceptedUDPID {
			r.tier = punched
		}
	}
	switch e.kind {
	case laneConnected:
		r.state = connected
	case laneReady:
		l.lanes[r.tier]++
		l.punched = l.punched || r.tier == punched
		*r = rung{tier: r.tier, both: r.both, instead: r.instead, wait: r.wait, proven: true}
		l.last, l.doubt = now, now
	case laneLost, laneLeft:
		l.lanes[r.tier]--
		l.last, l.doubt = now, now
		if e.kind == laneLeft {
			r.failed = now // whoever closed it doesn't want another one now
			now = now.Add(quietPause)
		}
		if l.best() == tiers {
			l.restart(now)
		}
	case laneFailed, laneRefused, laneStranger, laneBarred:
		l.fail(r, e.kind, now)
	}
}

// fail records that a dial came to nothing.
func (l *ladder) fail(r *rung, how eventKind, now time.Time) {
	stopped := r.stopping && !r.crowded
	r.state, r.stopping, r.crowded = waiting, false, false
	if stopped {
		return
	}
	r.failed, r.refused, r.barred = now, how == laneRefused, how == laneBarred
	if how == laneStranger {
		l.doubt = now
		if r.strangers++; r.strangers < maxTries {
			r.failed = time.Time{} // the next one may be the peer
			return
		}
	}
	r.strangers = 0
	r.tries++
}

// restart forgets failures: everything is due from now on.
func (l *ladder) restart(now time.Time) {
	if l.best() == tiers {
		l.began = now
	}
	for _, r := range l.rungs {
		r.tries, r.strangers, r.failed = 0, 0, time.Time{}
	}
}

// best returns the best tier that has a lane, or tiers.
func (l *ladder) best() tier {
	for t, n := range l.lanes {
		if n > 0 {
			return tier(t)
		}
	}
	return tiers
}

// stops ends dials that a lane has made pointless. Those that have reached the
// peer may finish, unless through a relay: it would take them for lanes that
// broke.
func (l *ladder) stops() (out []action) {
	best := l.best()
	if best == tiers {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(l.rungs)) {
		r := l.rungs[id]
		more := r.tier == best && r.proven // one more of the same
		pointless := r.state == dialling && (r.tier >= best || r.both && best <= punched) && !more || r.state != waiting && r.tier == relayed
		if pointless && !r.stopping {
			r.stopping = true
			out = append(out, action{doStop, id})
		}
	}
	return out
}

// makeRoom ends the direct dial that has been silent for longest, if another
// address hasn't been tried at all for want of room. Addresses where packets vanish
// would hold up one that works for 10 s otherwise.
func (l *ladder) makeRoom(out []action, now time.Time) []action {
	if id, at := l.crowd(); id != noFallback && !now.Before(at) {
		r := l.rungs[id]
		r.stopping, r.crowded = true, true
		out = append(out, action{doStop, id})
	}
	return out
}

// crowd returns which dial is to make room, and when; noFallback if none is.
func (l *ladder) crowd() (id int, at time.Time) {
	id = noFallback
	if l.best() == direct || l.dialling(direct) < maxParallel {
		return id, at
	}
	queued := false
	for _, other := range l.order {
		r := l.rungs[other]
		switch {
		case r.tier != direct || r.both:
		case r.stopping:
			return noFallback, at // there will be room
		case r.state == waiting && r.tries == 0 && r.failed.IsZero():
			queued = true
		case r.state == dialling && (id == noFallback || r.dialled.Before(l.rungs[id].dialled)):
			id = other
		}
	}
	if !queued || id == noFallback {
		return noFallback, at
	}
	return id, l.rungs[id].dialled.Add(roomTime)
}

// refused reports whether the peer's program is probably gone: for some time,
// nothing has listened where it was.
func (l *ladder) refused(now time.Time) bool {
	return l.allRefused() && now.Sub(l.doubt) >= goneTime
}

// allRefused reports whether every direct dial was refused lately. Only the
// addresses at which the peer has been count, if there are such.
func (l *ladder) allRefused() bool {
	if l.best() != tiers {
		return false
	}
	var all, proven []bool
	for _, id := range l.order {
		if r := l.rungs[id]; r.tier == direct && !r.both {
			all = append(all, r.refused)
			if r.proven {
				proven = append(proven, r.refused)
			}
		}
	}
	if len(proven) > 0 || l.punched { // behind a NAT its direct addresses are others' here
		all = proven
	}
	return len(all) > 0 && !slices.Contains(all, false)
}
