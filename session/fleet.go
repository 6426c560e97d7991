package session

import (
	"slices"
	"time"

	"sesame/session/choice"
)

// slowDelay is how long what mustn't wait may wait, before other lanes are looked at.
const slowDelay = 100 * time.Millisecond

// A fleet is the lanes that a session has. It isn't safe for concurrent use.
type fleet struct {
	all      []*traffic
	last     int // number of the one that came last, from 1 on
	parting  int // lanes that are being closed
	inflow   inflow
	chooser  choice.Chooser
	deferred bool // a relay's lane has left something to a direct one
}

// put takes a new lane, and doubts the others.
func (f *fleet) put(t *traffic, now time.Time) {
	f.last++
	t.number = f.last
	t.lane = f.chooser.Add(t.sort(), now)
	t.flight.lane = t.lane
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
	f.chooser.Remove(t.lane)
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
		d = max(d, t.gauge.recent(now, t.at.Idle()))
	}
	return min(d, longest)
}

// measure looks for signs of life of each lane, and at what it carries. Busy says that
// there was something to send all the time.
func (f *fleet) measure(now time.Time, came int64, busy bool) {
	f.inflow.look(came, now)
	for _, t := range f.all {
		idle := t.at.Idle()
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
		t.trail.Note(t.brought.Load(), now)
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
		idle := t.at.Idle()
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
	f.chooser.Woke(now)
}

// choose decides what lanes take, by what they carry.
func (f *fleet) choose(now time.Time, p choice.Prospect) {
	for _, t := range f.all {
		t.lane.Trip(t.gauge.rtt())
		begin(t)
	}
	f.offer()
	if look(&f.chooser, now, p) {
		f.wake()
	}
}

// defers reports whether t leaves what there is to send to a lane that has nothing to do:
// a relay's lane to a direct one. So relays carry nothing where a limit, or where content
// comes from, is slower than the direct lanes.
func (f *fleet) defers(t *traffic, now time.Time) bool {
	if t.sort() != choice.Relay {
		return false
	}
	for _, o := range f.all {
		if o.idle && o.sort() != choice.Relay && !o.full(now) {
			f.deferred = true
			return true
		}
	}
	return false
}

// rests notes that t takes nothing now, and whether that is for want of content, or
// because of a limit. Otherwise what was left to it is for others.
func (f *fleet) rests(t *traffic, idle bool) {
	if t.idle = idle; !idle && t.sort() != choice.Relay {
		f.offer()
	}
}

// offer has others look at what was left to a lane.
func (f *fleet) offer() {
	if f.deferred {
		f.deferred = false
		f.wake()
	}
}

// quicker returns a lane on which what mustn't wait arrives much sooner than on t, nil if
// there is none.
func (f *fleet) quicker(t *traffic, now time.Time) (q *traffic) {
	if len(f.all) < 2 {
		return nil
	}
	least := t.delay(now)
	if least < slowDelay {
		return nil
	}
	least /= 2
	for _, o := range f.all {
		if d := o.delay(now); d < least && !o.flight.full(o.gauge.least) {
			q, least = o, d
		}
	}
	return q
}
