package transit

import (
	"maps"
	"slices"
	"time"

	"sesame/transit/way"
)

// A ladder decides when to dial which address. It has no sockets and no clock:
// events and times go in, actions come out.
//
// With lanes it doesn't end: each that comes about is used, and whenever none is
// left everything begins again. Relays are only asked while there is no lane at all, or
// if one of theirs is wanted beside direct ones.
// In the classic protocol it ends with its first choice (ladder_end.go): what has
// failed isn't tried again, and no lane is ever counted.
type ladder struct {
	pace
	end   *ending // of the classic protocol; nil for lanes
	wants wants   // of lanes
	rungs map[int]*rung
	order []int // their numbers, in the order in which to try them

	began   time.Time      // when the search for a first lane began
	renewed time.Time      // when hints last made us begin anew
	last    time.Time      // when the last lane came
	lanes   [way.Tiers]int // living ones
	doubt   time.Time      // when it last seemed possible that the peer is there
	punched bool           // there was a punched lane once
	opens   int            // dials of addresses that both sides dial
	second  bool           // the peer begins with those
	dials   int            // of all
}

// acceptedID is the number of lanes that the peer dialled, of a tier.
func acceptedID(t way.Tier) int { return -1 - int(t) }

// newLadder returns a ladder for lanes that begins now.
func newLadder(want int, now time.Time) *ladder {
	l := &ladder{pace: lanePace, rungs: map[int]*rung{}, began: now, doubt: now}
	l.wants.lanes = [way.Tiers]int{way.Straight: want, way.Punched: min(want, 1), way.Relayed: 1}
	return l
}

// replace sets the rungs, best first. Those that are known already keep their
// state. Those that are left out are not dialled again; their lanes live on. With
// again, what failed earlier is tried at once, though not more often than every
// 5 s.
func (l *ladder) replace(order []int, rungs map[int]rung, again bool, now time.Time) []action {
	l.set(order, rungs)
	if again && now.Sub(l.renewed) >= renewPause {
		l.renewed = now
		l.restart(now)
	}
	return l.step(event{kind: tick}, now)
}

// set sets the rungs.
func (l *ladder) set(order []int, rungs map[int]rung) {
	for id, r := range rungs {
		if old := l.rungs[id]; old != nil {
			old.instead, old.wait, old.most = r.instead, r.wait, r.most
			continue
		}
		l.rungs[id] = &r
	}
	l.order = slices.Clone(order)
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
	if l.end != nil && l.end.over {
		return nil
	}
	l.note(e, now)
	if l.end != nil {
		return l.end.decide(e, now)
	}
	if !l.allRefused() {
		l.doubt = now
	}
	return l.climb(l.makeRoom(l.stops(), now), now)
}

// climb dials what is due.
func (l *ladder) climb(out []action, now time.Time) []action {
	for _, id := range l.order {
		due, ok := l.due(id)
		if !ok || now.Before(due) {
			continue
		}
		r := l.rungs[id]
		if l.most > 0 && l.dials >= l.most {
			r.barred, r.tries = true, r.tries+1
			continue
		}
		l.dials++
		r.state, r.dialled = dialling, now
		if r.both {
			l.opens++
		}
		out = append(out, action{doDial, id})
	}
	for _, b := range (branches{l}).all() {
		if !now.Before(b.due) {
			r := branches{l}.rung(b.id)
			r.state, r.dialled = dialling, now
			out = append(out, action{doDial, b.id})
		}
	}
	return out
}

// note records what e says.
func (l *ladder) note(e event, now time.Time) {
	r := l.rungs[e.id]
	if r == nil { // of a connection that was accepted
		r = new(rung)
		if t := way.Tier(-1 - e.id); t >= 0 && t < way.Tiers {
			r.tier = t
		}
	}
	if l.end != nil {
		l.end.note(e, l.rungs[e.id] == nil, now)
	}
	switch e.kind {
	case connMade:
		r.state = connected
	case connJoined:
		r.joined = true
	case connReady:
		if l.end != nil {
			r.state, r.since = ready, now
			return
		}
		l.lanes[r.tier]++
		l.punched = l.punched || r.tier == way.Punched
		*r = rung{tier: r.tier, both: r.both, further: r.further, most: r.most, instead: r.instead, wait: r.wait, proven: true, held: true}
		l.last, l.doubt = now, now
	case laneLost, laneLeft:
		l.lanes[r.tier]--
		r.held = false
		l.last, l.doubt = now, now
		if e.kind == laneLeft {
			r.failed = now // whoever closed it doesn't want another one now
			now = now.Add(quietPause)
		}
		if l.best() == none {
			l.restart(now)
		}
	case connChosen:
		r.gone, r.since = true, now
	case connFailed, connRefused, connStranger, connReset, connBarred:
		l.fail(r, e.kind, now)
	}
}

// fail records that a dial came to nothing.
func (l *ladder) fail(r *rung, how eventKind, now time.Time) {
	stopped := r.stopping && !r.crowded
	r.state, r.stopping, r.crowded, r.joined = waiting, false, false, false
	if stopped {
		return
	}
	if l.end != nil && l.end.again(r, how, now) {
		return
	}
	r.failed, r.refused, r.barred = now, how == connRefused, how == connBarred || l.end != nil
	if how == connStranger && l.end == nil {
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
	if l.best() == none {
		l.began = now
	}
	for _, r := range l.rungs {
		if !r.further { // whose time is over, else they would be named anew
			r.tries, r.strangers, r.failed = 0, 0, time.Time{}
		}
	}
}

// none is the tier of the best lane when there is none.
const none = way.Tiers

// best returns the best tier that has a lane, or none.
func (l *ladder) best() way.Tier {
	for t, n := range l.lanes {
		if n > 0 {
			return way.Tier(t)
		}
	}
	return none
}

// stops ends dials that a lane has made pointless. Those that have reached the
// peer may finish: it may hold them for lanes by now. If both sides ended the one that
// came second to them, and didn't agree on which that was, none would be left.
func (l *ladder) stops() (out []action) {
	best := l.best()
	if best == none {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(l.rungs)) {
		r := l.rungs[id]
		pointless := r.state == dialling && (r.tier >= best || r.both && best <= way.Punched) || r.state != waiting && r.tier == way.Relayed && !r.joined
		if pointless && !l.wanted(r) && !r.stopping {
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
	if l.best() == way.Straight || l.dialling(way.Straight) < l.parallel[way.Straight] {
		return id, at
	}
	queued := false
	for _, other := range l.order {
		r := l.rungs[other]
		switch {
		case r.tier != way.Straight || r.both:
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
	if l.best() != none {
		return false
	}
	var all, proven []bool
	for _, id := range l.order {
		if r := l.rungs[id]; r.tier == way.Straight && !r.both {
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
