package transit

import (
	"slices"
	"time"

	"sesame/transit/way"
)

// This file is when a ladder dials what: doc/native.md §3.4, and doc/transit.md §4 for
// the classic protocol.

// A pace is what differs between the two.
type pace struct {
	directStep time.Duration  // between direct dials, nearest first
	relayStep  time.Duration  // head start of direct dials
	parallel   [way.Tiers]int // dials of a tier at once
	most       int            // dials in all, with repetitions; 0 for any number
}

var (
	lanePace = pace{directStep: 10 * time.Millisecond, relayStep: 100 * time.Millisecond,
		parallel: [way.Tiers]int{way.Straight: maxParallel, way.Punched: maxPunched, way.Relayed: way.MaxRelays * way.MaxInner * 2}}
	classicPace = pace{relayStep: time.Second, most: maxDials,
		parallel: [way.Tiers]int{way.Straight: maxParallel, way.Punched: maxPunched, way.Relayed: maxDials}}
)

// Limits of both.
const (
	maxParallel   = 8                // direct dials at once
	maxTries      = 3                // at one relay, when it joins us with strangers
	dialTime      = 10 * time.Second // for one dial
	viaTime       = 40 * time.Second // the same, through a proxy
	fallbackDelay = 2 * time.Second  // head start of a relay's first address, if there is a connection on which nobody came
)

// Times and limits with lanes.
const (
	moreDelay    = 50 * time.Millisecond  // from one direct lane to the next
	slowPause    = 30 * time.Second       // between dials that would only improve things
	maxPunched   = 2                      // dials at once of addresses that punching has opened
	roomTime     = 2 * time.Second        // of silence, until a direct dial makes room for one that waits
	openStep     = time.Second            // head start of the others before addresses that both sides dial
	openSecond   = 600 * time.Millisecond // and before the second of the two sides: longer than a SYN may be under way, by far
	openTries    = 20                     // of those, in quick succession
	furtherTries = 3                      // of one of them that is there for a further lane
	openTotal    = 200                    // in a session
	quietPause   = time.Second            // after the last lane was closed on purpose
	renewPause   = 5 * time.Second        // between hints that make us dial at once
	goneTime     = 20 * time.Second       // of refusals, until the peer seems to be gone
)

// backOff is how long after a failed dial the same address is tried again while
// there is no lane. The last value repeats.
var backOff = []time.Duration{
	500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second,
}

// due returns when the waiting rung id is to be dialled, and false if that
// depends on events to come.
func (l *ladder) due(id int) (time.Time, bool) {
	r, best := l.rungs[id], l.best()
	if r.state != waiting || r.barred || !r.both && l.dialling(r.tier) >= l.parallel[r.tier] {
		return time.Time{}, false
	}
	t := l.began
	switch {
	case r.both:
		return l.openDue(r)
	case r.tier == way.Relayed:
		var ok bool
		if t, ok = l.relayDue(r); !ok {
			return t, false
		}
	case r.tier < best:
		t = t.Add(time.Duration(l.above(id)) * l.directStep)
	case r.tier == way.Punched && l.lacks(r.tier): // beside TCP
	default:
		return t, false
	}
	if r.failed.IsZero() {
		return t, true
	}
	pause := slowPause
	if l.end != nil {
		pause = resetPause // nothing else is tried again
	} else if best == none || r.tier == way.Punched { // it is known to answer
		pause = backOff[min(max(r.tries, 1), len(backOff))-1]
	}
	return latest(t, r.failed.Add(pause)), true
}

// openDue returns when an address that both sides dial is due: while there is no
// way of another sort. There can be one connection only between two ports, so there are
// no more when there is a lane, but to further ports of the peer's, and those at once. NATs
// let the peer in for as long as we try.
//
// One side begins, so that its SYN has been dropped by the other's NAT before that side's
// leaves. Where they cross, each end measures its first round trip from the middle of it,
// and BBR, which takes the shortest of 10 s for that of the line, sends a fraction of what
// the line carries for as long.
func (l *ladder) openDue(r *rung) (time.Time, bool) {
	if r.further {
		return latest(l.began, r.failed.Add(openPause(r.tries))), l.best() == way.Straight && !r.spent() && l.opens < openTotal
	}
	if l.best() <= way.Punched {
		return time.Time{}, false
	}
	t := l.began.Add(openStep)
	if l.second {
		t = t.Add(openSecond)
	}
	if r.failed.IsZero() {
		return t, true
	}
	pause := openPause(r.tries)
	if r.tries > openTries || l.opens >= openTotal {
		pause = slowPause
	}
	return latest(t, r.failed.Add(pause)), true
}

// openPause is how long after a failed dial the next one goes out. A NAT that
// refuses what it doesn't know lets neither side's in unless they cross on the
// way, so the pauses differ.
func openPause(tries int) time.Duration {
	return time.Duration(60+37*tries%140) * time.Millisecond
}

// relayDue returns when a relay's turn is: when direct lanes had their chance,
// and for its further addresses and further relays, when the first had.
func (l *ladder) relayDue(r *rung) (time.Time, bool) {
	t := l.began
	switch {
	case l.best() == none && l.hopes():
		t = l.began.Add(l.relayStep)
	case l.best() == none:
	case l.lacks(r.tier):
		t = latest(l.wants.since, l.last)
	default:
		return t, false
	}
	if first := l.rungs[r.instead]; first != nil && first.tries == 0 {
		if first.state == ready {
			return latest(t, first.since.Add(way.NextDelay)), first.gone // it may be somebody else's
		}
		t = t.Add(r.wait)
		if first.state == connected {
			t = t.Add(fallbackDelay - way.NextDelay)
		}
	}
	return t, true
}

// hopes reports whether a direct connection may still be the first. With lanes the peer
// may dial us, whatever has become of our dials.
func (l *ladder) hopes() bool {
	if l.end == nil {
		return l.wants.direct
	}
	return slices.ContainsFunc(l.order, func(id int) bool {
		r := l.rungs[id]
		return r.tier == way.Straight && !r.both && r.tries == 0
	})
}

// above returns how many rungs of its tier come before id.
func (l *ladder) above(id int) int {
	n := 0
	for _, other := range l.order {
		if other == id {
			break
		}
		if o := l.rungs[other]; o.tier == l.rungs[id].tier && !o.both {
			n++
		}
	}
	return n
}

// dialling returns the number of dials of a tier that are under way.
func (l *ladder) dialling(t way.Tier) int {
	n := 0
	for _, r := range l.rungs {
		if r.tier == t && !r.both && (r.state == dialling || r.state == connected) {
			n++
		}
	}
	return n
}

// wake returns when step must be called with a tick.
func (l *ladder) wake(now time.Time) time.Time {
	next := now.Add(time.Hour)
	for _, id := range l.order {
		if due, ok := l.due(id); ok && due.After(now) && due.Before(next) {
			next = due
		}
	}
	if l.end != nil {
		return l.end.wake(next, now)
	}
	for _, b := range (branches{l}).all() {
		if b.due.After(now) && b.due.Before(next) {
			next = b.due
		}
	}
	if id, at := l.crowd(); id != noFallback && at.After(now) && at.Before(next) {
		next = at
	}
	return next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
