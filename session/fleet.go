package session

import (
	"slices"
	"time"
)

// A fleet is the lanes that a session has. It isn't safe for concurrent use.
type fleet struct {
	all     []*traffic
	last    int  // number of the one that came last, from 1 on
	parting int  // lanes that are being closed
	leads   bool // this side ends lanes that aren't needed
	inflow  inflow
}

// put takes a new lane, and doubts the others.
func (f *fleet) put(t *traffic, now time.Time) {
	f.last++
	t.number = f.last
	f.all = append(f.all, t)
	f.doubt(now)
}

// remove takes a lane out, and reports whether it was there.
func (f *fleet) remove(t *traffic) bool {
	k := slices.Index(f.all, t)
	if k < 0 {
		return false
	}
	t.dead = true
	f.parting++
	f.all = slices.Delete(slices.Clone(f.all), k, k+1)
	return true
}

// wake makes every lane look for something to send.
func (f *fleet) wake() {
	for _, t := range f.all {
		t.wakeUp()
	}
}

// end has all of them closed.
func (f *fleet) end(err error) {
	for _, t := range f.all {
		t.end(err)
	}
}

// roundTrip returns how long the slowest lane takes at present to bring something to
// the peer and back.
func (f *fleet) roundTrip(now time.Time) (d time.Duration) {
	for _, t := range f.all {
		d = max(d, t.gauge.recent(now, t.lane.Idle()))
	}
	return min(d, longest)
}

// spoken returns the lane to tell the user of, nil if there is none: the one that
// brought content last, unless it is gone, which the user may know already (cut).
func (f *fleet) spoken(recent *traffic, cut, last bool) *traffic {
	t := recent
	if t == nil || t.dead && (cut || !last) {
		if len(f.all) == 0 {
			return nil
		}
		t = f.all[0]
	}
	for _, o := range f.all { // what t still brings had left before o came
		if t.lane.Path().Worse(o.lane.Path()) {
			t = o
		}
	}
	return t
}

// measure looks for signs of life of each lane, and at what it carries. Busy says that
// there was something to send all the time.
func (f *fleet) measure(now time.Time, came int64, busy bool) {
	f.inflow.look(came, now)
	for _, t := range f.all {
		idle := t.lane.Idle()
		switch t.pulse.check(now, idle, t.waiting(now), f.allowance(t, now, idle)) {
		case ask:
			t.ping()
		case dead:
			t.end(errSilent)
		}
		if t.gauge.wants(now) && !t.pingDue {
			t.ping()
		}
		t.speed.look(now, t.flight.arrived, busy)
	}
}

// allowance is how much longer than usual silence on a lane may last.
func (f *fleet) allowance(t *traffic, now time.Time, idle time.Duration) time.Duration {
	return allowance(t.gauge.recent(now, idle), f.inflow.crowded())
}

// doubt asks lanes on which nothing comes whether they still work: another one has come
// up, or the peer sent new addresses, so it may have moved.
func (f *fleet) doubt(now time.Time) {
	for _, t := range f.all {
		idle := t.lane.Idle()
		if t.pulse.doubt(now, idle, f.allowance(t, now, idle)) {
			t.ping()
		}
	}
}

// woke notes that this process didn't run for a while.
func (f *fleet) woke(now time.Time) {
	for _, t := range f.all {
		t.pulse.woke(now)
		t.gauge.woke()
		t.ping()
	}
}

// prune takes content off lanes that are of no use beside a better one, and ends them.
func (f *fleet) prune() {
	for _, t := range f.all {
		switch {
		case !t.worse(f.all):
			if t.retire { // the better one has gone, or the leader saw it otherwise
				t.retire = false
				t.wakeUp()
			}
		case !t.retire:
			t.retire = true
			t.wakeUp()
		case f.leads: // it had a moment to bring home what was under way
			t.end(errBetter)
		}
	}
}

// resting reports whether some lane has no content under way.
func (f *fleet) resting() bool {
	return slices.ContainsFunc(f.all, func(t *traffic) bool { return !t.retire && t.flight.bytes == 0 })
}

// recall takes back what has been under way for long on a lane.
func (f *fleet) recall(now time.Time, lost func(Bulk, []Piece, int64)) {
	for _, t := range f.all {
		rtt := min(t.gauge.recent(now, t.lane.Idle()), longest)
		if t.flight.overdue(now, recallAfter+slack*rtt) {
			t.flight.recall(lost)
		}
	}
	f.wake()
}
