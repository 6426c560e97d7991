package choice

import (
	"math"
	"time"
)

// A State is what relays do.
type State int

const (
	Work  State = iota // they take their part
	Rest               // they take nothing
	Look               // resting, they take their part for a moment, to be measured
	Yield              // working, they take half for a moment, to see who gets the rest
	Swap               // direct lanes take nothing, or half, for a moment, to see what relays do then
	Wait               // in the beginning, they take little until direct lanes have found out what they carry
	Show               // and then some of it, to see whether that is more in all
)

// String returns the state's word in the log.
func (s State) String() string {
	return [...]string{"work", "rest", "look", "yield", "swap", "wait", "show"}[s]
}

// A machine decides when guests rest beside hosts: relays, where direct lanes do as well;
// and UDP lanes, where TCP carries all. It has no lanes and no clock. The zero value has
// guests work.
type machine struct {
	whole bool // guests rest only if the sum stays: they cost nobody anything

	state State
	since time.Time // of the state
	last  time.Time // of the last step
	both  time.Time // since when hosts and guests are busy; zero if they aren't
	idle  float64   // part of the last second or so in which there was nothing to send

	begun      bool          // it is too late for guests to wait, or they have
	h0, g0, s0 float64       // what hosts, guests and both did before the last trial or rest, or hosts at best since
	before     float64       // what hosts did before a look
	fresh      bool          // the rest hasn't been judged,
	spare      bool          // and can't be now: lanes have slack
	filled     bool          // it is because hosts fill what both did
	dwell      time.Duration // how long both are busy until they are compared
	quick      int           // rests that ended soon, one after another
	vain       int           // looks that brought guests to work for nothing, one after another
	looked     bool          // a look brought them to work
	fall       time.Time     // since when hosts fall short; zero if they don't
	out        time.Time     // since when hosts are out of slow start, in a wait for that; zero if they aren't
	due        time.Time     // when the next trial is
	gap        time.Duration // from one yield to the next
	alone      float64       // what guests did alone
	aloneFor   time.Duration // how long that was seen
	halved     bool          // in a swap, hosts take half
	trial      trial         // swap, or yield
}

func (m *machine) set(s State, now time.Time) {
	m.state, m.since, m.fall, m.out = s, now, time.Time{}, time.Time{}
}

// guests returns how many bytes a second guests may carry.
func (m *machine) guests() float64 {
	switch m.state {
	case Rest, Wait:
		return 0
	case Yield:
		return m.g0 / 2
	case Show:
		return m.g0 + m.s0*showPart
	}
	return math.Inf(1)
}

// least returns how many bytes may be under way on all guests at any rate.
func (m *machine) least() int64 {
	if m.starting() {
		return trialFlight
	}
	return 0
}

// hosts returns how many bytes a second hosts may carry.
func (m *machine) hosts() float64 {
	switch {
	case m.state != Swap:
		return math.Inf(1)
	case m.halved:
		return m.h0 / 2
	}
	return 0
}

// trying reports whether a trial is on, or a rest that is being judged: nothing else may
// change then.
func (m *machine) trying() bool { return m.state > Rest || m.state == Rest && m.fresh && !m.spare }

// step takes what is to be seen.
func (m *machine) step(v *view) {
	passed := v.now.Sub(m.last)
	if m.last.IsZero() {
		passed = 0
	}
	m.last = v.now
	m.idle += (v.idle() - m.idle) * min(passed.Seconds(), 1)
	if m.starts(v) {
		return
	}
	if !v.host {
		_, g := v.rates(time.Second)
		m.alone = max(m.alone, g)
		m.aloneFor += passed
	}
	if !v.host || !v.guest {
		if m.state != Work {
			m.work(v.now)
		}
		m.both = time.Time{}
		return
	}
	m.alone *= 1 - passed.Seconds()/aloneFades.Seconds()
	if m.both.IsZero() {
		m.both, m.dwell, m.gap = v.now, measureTime, yieldGap
		m.due = v.now.Add(measureTime + yieldGap)
	}
	if v.held {
		m.hold(passed)
		return
	}
	switch m.state {
	case Work:
		m.compare(v)
	case Swap:
		m.swapped(v)
	case Yield:
		m.yielded(v)
	case Rest:
		m.watch(v, passed)
	case Look:
		m.looks(v)
	}
}

// hold lets time pass in which rates are those of somebody else's trial.
func (m *machine) hold(passed time.Duration) {
	m.since, m.both, m.due, m.fall = m.since.Add(passed), m.both.Add(passed), m.due.Add(passed), time.Time{}
}

// work has guests work again.
func (m *machine) work(now time.Time) {
	if m.quick++; m.state != Rest || now.Sub(m.since) >= quickRest {
		m.quick = 0
	}
	m.dwell = measureTime
	for range m.quick {
		m.dwell = min(3*m.dwell, longestGap)
	}
	m.set(Work, now)
	m.both, m.due, m.gap = now, now.Add(m.dwell+yieldGap), yieldGap
}

// again compares nothing for a while after a trial that changed nothing: rates are of that.
func (m *machine) again(now time.Time) {
	m.set(Work, now)
	m.both, m.dwell = now, settleTime
}

// slack reports whether lanes have room that nothing fills: a person's limit, or what is
// sent, is all that they carry. Then it doesn't say what they could.
func (m *machine) slack(v *view) bool {
	if v.Limit > 0 {
		h, g := v.rates(time.Second)
		return h+g >= tie*float64(v.Limit)
	}
	return m.idle > idlePart
}
