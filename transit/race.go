package transit

import (
	"slices"
	"time"
)

// Times and limits of a race (doc/transit.md §4).
const (
	maxDials    = 32 // per session, with repetitions
	maxParallel = 8  // direct dials at once
	maxTries    = 3  // at one relay, when it joins us with strangers

	resetTime  = 10 * time.Second // for which a relay is dialled that resets connections
	resetPause = time.Second      // in between

	dialTime      = 10 * time.Second       // for one dial
	viaTime       = 40 * time.Second       // the same, through a proxy
	relayDelay    = time.Second            // head start of direct dials
	nextDelay     = 500 * time.Millisecond // head start of a relay's first address, and of a relay over the next
	fallbackDelay = 2 * time.Second        // the same, if there is a connection on which nobody came
	listenGrace   = 500 * time.Millisecond // from the start, for the peer to dial us
	directGrace   = 1500 * time.Millisecond
	stallTime     = 60 * time.Second
	raceTime      = 120 * time.Second
	noFallback    = -1 // a lane that stands in for no other
)

// A race decides which paths to try when, and on which of the connections that
// result the two sides go on. It has no sockets and no clock: events and times
// go in, actions come out.
//
// Connections are known by number: those below len(lanes) are ours to dial,
// others were accepted and become known when they are ready.
type race struct {
	role      Role
	listening bool // the peer can reach us too
	lanes     []lane
	start     time.Time
	progress  time.Time // of the last event that brought us nearer
	dials     int
	accepted  []int // ready connections that the peer dialled, in order
	over      bool
}

// A lane is one address to try.
type lane struct {
	relay bool
	// instead is the lane that this one stands in for: the same relay at
	// another address, or another relay. noFallback for most.
	instead int
	wait    time.Duration // after the relays' turn has come, unless that has failed

	state laneState
	tries int
	since time.Time // of the state ready
	gone  bool      // the sender seems to have chosen it
	again time.Time // not before, after a relay has reset the connection
	until time.Time // for how long that is tried
}

type laneState int

const (
	waiting laneState = iota // not dialled yet
	dialling
	connected // reached the peer or its relay, not yet the peer's proof
	ready     // the peer has proven itself
	failed
)

// An event is something that happened to a connection.
type event struct {
	kind eventKind
	id   int
}

type eventKind int

const (
	tick          eventKind = iota // only time has passed
	laneConnected                  // the dial succeeded
	laneReady                      // both sides have proven themselves
	laneFailed                     // it is closed
	laneStranger                   // it is closed, and was another's: worth another try
	laneChosen                     // the sender chose it (receiver only)
	laneReset                      // the relay took the connection and cut it
)

// An action is what the world must do for the race.
type action struct {
	kind actionKind
	id   int
}

type actionKind int

const (
	doDial   actionKind = iota // dial the lane
	doChoose                   // tell the peer to go on with this one (sender only)
	doAdopt                    // go on with it: the peer said so (receiver only)
	doGiveUp                   // no path
)

func newRace(role Role, lanes []lane, listening bool, now time.Time) *race {
	return &race{role: role, lanes: slices.Clone(lanes), listening: listening, start: now, progress: now}
}

// step takes an event and returns what to do. After doChoose, doAdopt or
// doGiveUp the race is over, except that a chosen connection that turns out to
// be dead is reported by reopen.
func (r *race) step(e event, now time.Time) []action {
	if r.over {
		return nil
	}
	r.note(e, now)
	if e.kind == laneChosen && r.role == Follower {
		r.over = true
		return []action{{doAdopt, e.id}}
	}
	if id, ok := r.choice(now); ok {
		r.over = true
		return []action{{doChoose, id}}
	}
	out := r.dialDirect(nil)
	out = r.dialRelays(out, now)
	if r.hopeless(now) {
		r.over = true
		return []action{{doGiveUp, 0}}
	}
	return out
}

// slept notes that this process didn't run for so long: nobody was late then.
func (r *race) slept(d time.Duration) {
	r.start, r.progress = r.start.Add(d), r.progress.Add(d)
	for id := range r.lanes {
		l := &r.lanes[id]
		l.since, l.again = l.since.Add(d), l.again.Add(d)
		if !l.until.IsZero() {
			l.until = l.until.Add(d)
		}
	}
}

// reopen puts the race on again when the chosen connection was found dead
// before anything had been said on it.
func (r *race) reopen(id int, now time.Time) []action {
	r.over = false
	return r.step(event{laneFailed, id}, now)
}

// goOn puts the race on again after doAdopt: the connection may be somebody else's.
func (r *race) goOn() { r.over = false }

// note records what e says.
func (r *race) note(e event, now time.Time) {
	if e.kind != tick && e.kind != laneFailed && e.kind != laneStranger && e.kind != laneReset {
		r.progress = now
	}
	if e.id >= len(r.lanes) {
		switch e.kind {
		case laneReady:
			r.accepted = append(r.accepted, e.id)
		case laneFailed, laneStranger:
			r.accepted = slices.DeleteFunc(r.accepted, func(id int) bool { return id == e.id })
		}
		return
	}
	l := &r.lanes[e.id]
	switch e.kind {
	case laneConnected:
		l.state = connected
	case laneReady:
		l.state, l.since = ready, now
	case laneFailed:
		l.state = failed
	case laneStranger:
		l.state = failed
		if l.relay && l.tries < maxTries {
			l.state = waiting
		}
	case laneReset:
		l.reset(now)
	case laneChosen:
		l.gone, l.since = true, now
	}
}

// choice returns the connection that the sender goes on with, if it is time to
// choose: a direct one at once, a relayed one when no direct one can be
// expected any more.
func (r *race) choice(now time.Time) (int, bool) {
	if r.role != Leader {
		return 0, false
	}
	if len(r.accepted) > 0 {
		return r.accepted[0], true
	}
	relayed := -1
	for id, l := range r.lanes {
		switch {
		case l.state != ready:
		case !l.relay:
			return id, true
		case relayed < 0 || l.since.Before(r.lanes[relayed].since):
			relayed = id
		}
	}
	if relayed < 0 || now.Before(r.relayTime(relayed)) {
		return 0, false
	}
	return relayed, true
}

// relayTime returns when the relayed connection id may be chosen.
func (r *race) relayTime(id int) time.Time {
	t := r.lanes[id].since
	if r.pending(false) > 0 {
		t = t.Add(directGrace)
	}
	if earliest := r.start.Add(listenGrace); r.listening && t.Before(earliest) {
		t = earliest
	}
	return t
}

// pending counts the lanes that may still succeed.
func (r *race) pending(relay bool) int {
	n := 0
	for _, l := range r.lanes {
		if l.relay == relay && l.state != failed && l.state != ready {
			n++
		}
	}
	return n
}

// dialDirect starts direct dials, some at a time.
func (r *race) dialDirect(out []action) []action {
	running := 0
	for _, l := range r.lanes {
		if !l.relay && (l.state == dialling || l.state == connected) {
			running++
		}
	}
	for id := range r.lanes {
		if l := &r.lanes[id]; !l.relay && l.state == waiting && running < maxParallel {
			running++
			out = r.dial(out, id)
		}
	}
	return out
}

// dialRelays starts dials of relays that are due.
func (r *race) dialRelays(out []action, now time.Time) []action {
	for id := range r.lanes {
		if l := &r.lanes[id]; l.relay && l.state == waiting {
			if due, ok := r.due(id); ok && !now.Before(due) {
				out = r.dial(out, id)
			}
		}
	}
	return out
}

func (r *race) dial(out []action, id int) []action {
	l := &r.lanes[id]
	if r.dials >= maxDials {
		l.state = failed
		return out
	}
	r.dials++
	l.tries++
	l.state = dialling
	return append(out, action{doDial, id})
}

// hopeless reports whether it is time to give up.
func (r *race) hopeless(now time.Time) bool {
	if !now.Before(r.deadline()) {
		return true
	}
	if r.listening || len(r.accepted) > 0 || r.pending(false)+r.pending(true) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.lanes, func(l lane) bool { return l.state == ready })
}

// deadline returns when the race ends without a winner if nothing happens.
func (r *race) deadline() time.Time {
	stall, end := r.progress.Add(stallTime), r.start.Add(raceTime)
	if stall.Before(end) {
		return stall
	}
	return end
}

// wake returns the next time at which step must be called with a tick.
func (r *race) wake(now time.Time) time.Time {
	next := r.deadline()
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	for id, l := range r.lanes {
		switch {
		case l.relay && l.state == waiting:
			if due, ok := r.due(id); ok {
				sooner(due)
			}
		case l.relay && l.state == ready && r.role == Leader:
			sooner(r.relayTime(id))
		}
	}
	return next
}
