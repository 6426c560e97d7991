package session

import (
	"time"

	"sesame/session/choice"
	"sesame/transit"
)

const (
	// tellAfter is how long a path may be in use before the user is told of it,
	// measured or not.
	tellAfter = 500 * time.Millisecond
	// retellAfter is how long a round-trip time that was told is left alone, and
	// recountAfter what the path carries.
	retellAfter  = 5 * time.Second
	recountAfter = 10 * time.Second
	// carryTime is over how long that is measured.
	carryTime = time.Second
)

// A telling is what the user was told of the path. It isn't safe for concurrent use.
type telling struct {
	line choice.Telling
	path transit.Path
	at   time.Time // zero before the first
	cut  bool      // Lost was called, and Connected not since
}

// look returns the path over which most is carried, and whether the user should hear of
// it now. Last says that there will be no other time to; then gone, the lane that brought
// content last, may be told of although it has ended.
func (t *telling) look(f *fleet, gone *traffic, now time.Time, last bool) (p transit.Path, news bool) {
	if len(f.all) == 0 {
		if gone == nil || !last || t.begun() {
			return p, false
		}
		return gone.path(), true
	}
	next, ways := t.line, f.ways(now)
	line, other := next.Look(now, ways)
	lane := f.over(line.Way)
	if lane == nil {
		return p, false // it is gone, and the next one has its time
	}
	p = lane.path()
	p.Use = transit.Use{Why: line.Why.String(), Carries: int64(line.Carries), Share: line.Share, Direct: !ways[0].Relay}
	if other {
		if !ready(p, lane.up, now, last) {
			return p, false
		}
		t.line = next
		return p, true
	}
	t.line = next
	return p, !last && t.changed(p, now)
}

// ready reports whether enough is known of a path for the user to hear of it.
func ready(p transit.Path, up, now time.Time, last bool) bool {
	return p.RTT > 0 || now.Sub(up) >= tellAfter || last
}

// changed reports whether p, which was told, isn't any more what was told of it.
func (t *telling) changed(p transit.Path, now time.Time) bool {
	since := now.Sub(t.at)
	switch {
	case p.RTT > 0 && t.path.RTT == 0:
		return true
	case p.RTT > 0 && since >= retellAfter && apart(int64(p.RTT), int64(t.path.RTT), int64(5*time.Millisecond)):
		return true
	}
	return since >= recountAfter && apart(p.Use.Carries, t.path.Use.Carries, 1000)
}

// apart reports whether a number has changed by half, and by more than least.
func apart(is, was, least int64) bool {
	d := max(is, was) - min(is, was)
	return d > least && d > was/2
}

// begun reports whether the user was told of a path.
func (t *telling) begun() bool { return !t.at.IsZero() }

// told notes that the user hears of p now.
func (t *telling) told(p transit.Path, now time.Time) { t.path, t.at, t.cut = p, now, false }

// lost notes that the user hears that no path is left.
func (t *telling) lost() {
	t.cut = true
	t.line.Cut()
}

// ways returns the ways that lanes lead over, the nearest first, with what each carries.
func (f *fleet) ways(now time.Time) (ways []choice.Carrier) {
	for _, sort := range []choice.Sort{choice.TCP, choice.UDP, choice.Relay} {
		for _, t := range f.all {
			if t.sort() != sort {
				continue
			}
			way, k := t.at.Path().Words(), 0
			for k < len(ways) && ways[k].Way != way {
				k++
			}
			if k == len(ways) {
				ways = append(ways, choice.Carrier{Way: way, Relay: sort == choice.Relay})
			}
			ways[k].Rate += t.trail.Rate(t.brought.Load(), carryTime, now)
		}
	}
	return ways
}

// over returns the lane of a way to tell of, which has the shortest round trips; nil if
// there is none.
func (f *fleet) over(way string) (lane *traffic) {
	for _, t := range f.all {
		if t.at.Path().Words() != way {
			continue
		}
		if rtt := t.gauge.rtt(); lane == nil || rtt > 0 && (lane.gauge.rtt() == 0 || rtt < lane.gauge.rtt()) {
			lane = t
		}
	}
	return lane
}
