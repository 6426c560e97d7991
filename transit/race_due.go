package transit

import (
	"slices"
	"time"
)

// This file is when a race dials relays (doc/transit.md §4).

// due returns when the waiting relay id is to be dialled, and whether that is
// known yet.
func (r *race) due(id int) (time.Time, bool) {
	t, known := r.turn(id)
	return latest(t, r.lanes[id].again), known
}

// turn returns when a relay's turn is: relays after the direct dials or when those have failed, and the
// second address of a relay, and the next relay, after the first.
func (r *race) turn(id int) (time.Time, bool) {
	t := r.start
	if slices.ContainsFunc(r.lanes, func(l lane) bool { return !l.relay && l.state != failed }) {
		t = t.Add(relayDelay)
	}
	l := &r.lanes[id]
	if l.instead == noFallback {
		return t, true
	}
	switch first := r.lanes[l.instead].state; first {
	case failed:
		return t, true
	case ready:
		before := &r.lanes[l.instead]
		return latest(t, before.since.Add(nextDelay)), before.gone // it may be somebody else's
	case connected:
		t = t.Add(fallbackDelay - nextDelay)
	}
	return t.Add(l.wait), true
}

// reset has a relay dialled again that cut the connection, for some time.
func (l *lane) reset(now time.Time) {
	if l.until.IsZero() {
		l.until = now.Add(resetTime)
	}
	l.state, l.again = waiting, now.Add(resetPause)
	if !l.relay || l.again.After(l.until) {
		l.state = failed
	}
	l.tries-- // nobody was met there
}
