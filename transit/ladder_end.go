package transit

import (
	"slices"
	"time"

	"sesame/transit/way"
)

// Times and limits of the classic protocol (doc/transit.md §4).
const (
	maxDials    = 32                      // per session, with repetitions
	resetTime   = 10 * time.Second        // for which a relay is dialled that resets connections
	resetPause  = time.Second             // in between
	listenGrace = 500 * time.Millisecond  // from the start, for the peer to dial us
	directGrace = 1500 * time.Millisecond // for a direct connection, when there is a relayed one
	stallTime   = 60 * time.Second
	searchTime  = 120 * time.Second
)

// An ending is how a ladder of the classic protocol comes to its end: with the first
// connection that is chosen, or with none.
//
// Connections that the peer dialled have numbers that no rung has, and become known
// when they are ready.
type ending struct {
	l         *ladder
	role      Role
	listening bool      // the peer can reach us too
	start     time.Time // of the search
	progress  time.Time // of the last event that brought us nearer
	accepted  []int     // ready connections that the peer dialled, in order
	over      bool
}

// newClassicLadder returns a ladder that begins now and ends with its first choice.
func newClassicLadder(role Role, listening bool, now time.Time) *ladder {
	l := newLadder(0, now)
	l.pace = classicPace
	l.end = &ending{l: l, role: role, listening: listening, start: now, progress: now}
	return l
}

// note records what e says.
func (x *ending) note(e event, accepted bool, now time.Time) {
	switch e.kind {
	case connMade, connReady, connChosen:
		x.progress = now
		if accepted && e.kind == connReady {
			x.accepted = append(x.accepted, e.id)
		}
	case connFailed, connStranger:
		x.accepted = slices.DeleteFunc(x.accepted, func(id int) bool { return accepted && id == e.id })
	}
}

// again reports whether a rung whose dial failed in that way is tried once more: a
// relay that joined us with a stranger, at once, and one that resets connections, for
// some time.
func (x *ending) again(r *rung, how eventKind, now time.Time) bool {
	if r.tier != way.Relayed {
		return false
	}
	switch how {
	case connStranger:
		r.failed = time.Time{}
		r.strangers++
		return r.strangers < maxTries
	case connReset: // nobody was met there
		if r.until.IsZero() {
			r.until = now.Add(resetTime)
		}
		r.failed = now
		return !now.Add(resetPause).After(r.until)
	}
	return false
}

// decide returns how the search ends, or else what to do. After doChoose, doAdopt or
// doGiveUp it is over, except that a chosen connection that turns out to be dead is
// reported by reopen.
func (x *ending) decide(e event, now time.Time) []action {
	if e.kind == connChosen && x.role == Follower {
		return x.finish(doAdopt, e.id)
	}
	if id, ok := x.choice(now); ok {
		return x.finish(doChoose, id)
	}
	out := x.l.climb(nil, now)
	if x.hopeless(now) {
		return x.finish(doGiveUp, 0)
	}
	return out
}

func (x *ending) finish(how actionKind, id int) []action {
	x.over = true
	return []action{{how, id}}
}

// reopen puts the search on again when the chosen connection was found dead
// before anything had been said on it.
func (x *ending) reopen(id int, now time.Time) []action {
	x.over = false
	return x.l.step(event{connFailed, id}, now)
}

// goOn puts the search on again after doAdopt: the connection may be somebody else's.
func (x *ending) goOn() { x.over = false }

// slept notes that this process didn't run for so long: nobody was late then.
func (x *ending) slept(d time.Duration) {
	x.l.began, x.start, x.progress = x.l.began.Add(d), x.start.Add(d), x.progress.Add(d)
	for _, r := range x.l.rungs {
		for _, t := range []*time.Time{&r.since, &r.failed, &r.until} {
			if !t.IsZero() {
				*t = t.Add(d)
			}
		}
	}
}

// choice returns the connection that the sender goes on with, if it is time to
// choose: a direct one at once, a relayed one when no direct one can be
// expected any more.
func (x *ending) choice(now time.Time) (int, bool) {
	if x.role != Leader {
		return 0, false
	}
	if len(x.accepted) > 0 {
		return x.accepted[0], true
	}
	relayed := noFallback
	for _, id := range x.l.order {
		switch r := x.l.rungs[id]; {
		case r.state != ready:
		case r.tier != way.Relayed:
			return id, true
		case relayed == noFallback || r.since.Before(x.l.rungs[relayed].since):
			relayed = id
		}
	}
	if relayed == noFallback || now.Before(x.relayTime(relayed)) {
		return 0, false
	}
	return relayed, true
}

// relayTime returns when the relayed connection id may be chosen.
func (x *ending) relayTime(id int) time.Time {
	t := x.l.rungs[id].since
	if x.pending(false) {
		t = t.Add(directGrace)
	}
	if earliest := x.start.Add(listenGrace); x.listening && t.Before(earliest) {
		t = earliest
	}
	return t
}

// pending reports whether there are rungs that may still succeed.
func (x *ending) pending(relays bool) bool {
	for _, r := range x.l.rungs {
		if (r.tier == way.Relayed) == relays && !r.barred && r.state != ready {
			return true
		}
	}
	return false
}

// hopeless reports whether it is time to give up.
func (x *ending) hopeless(now time.Time) bool {
	if !now.Before(x.deadline()) {
		return true
	}
	if x.listening || len(x.accepted) > 0 || x.pending(false) || x.pending(true) {
		return false
	}
	for _, r := range x.l.rungs {
		if r.state == ready {
			return false
		}
	}
	return true
}

// deadline returns when the search ends without a winner if nothing happens.
func (x *ending) deadline() time.Time {
	stall, end := x.progress.Add(stallTime), x.start.Add(searchTime)
	if stall.Before(end) {
		return stall
	}
	return end
}

// wake is ladder.wake with what the ending waits for.
func (x *ending) wake(next, now time.Time) time.Time {
	if t := x.deadline(); t.Before(next) {
		next = t
	}
	for id, r := range x.l.rungs {
		if r.tier != way.Relayed || r.state != ready || x.role != Leader {
			continue
		}
		if t := x.relayTime(id); t.After(now) && t.Before(next) {
			next = t
		}
	}
	return next
}
