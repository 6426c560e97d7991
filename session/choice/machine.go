package choice

import "time"

// A State is what relays do.
type State int

const (
	Work  State = iota // they take their part
	Rest               // they take nothing
	Look               // resting, they take their part for a moment, to be measured
	Yield              // working, they take half for a moment, to see who gets the rest
	Swap               // direct lanes take nothing for a moment, to see what relays do alone
)

// String returns the state's word in the log.
func (s State) String() string { return [...]string{"work", "rest", "look", "yield", "swap"}[s] }

// A machine decides when guests rest: relays, where direct lanes do as well. It has no
// lanes and no clock. The zero value has them work.
type machine struct {
	state State
	since time.Time // of the state
	last  time.Time // of the last step
	both  time.Time // since when hosts and guests are busy; zero if they aren't

	h0, g0, s0 float64       // what hosts, guests and both did before the last trial or rest, or hosts at best since
	before     float64       // what hosts did before a look
	fresh      bool          // the rest hasn't been judged
	dwell      time.Duration // how long both are busy until they are compared
	quick      int           // rests that ended soon, one after another
	vain       int           // looks that brought guests to work for nothing, one after another
	looked     bool          // a look brought them to work
	fall       time.Time     // since when hosts fall short; zero if they don't
	due        time.Time     // when the next trial is
	gap        time.Duration // from one yield to the next
	alone      float64       // what guests did alone
	aloneFor   time.Duration // how long that was seen
}

func (m *machine) set(s State, now time.Time) { m.state, m.since, m.fall = s, now, time.Time{} }

// step takes what is to be seen.
func (m *machine) step(v *view) {
	passed := v.now.Sub(m.last)
	if m.last.IsZero() {
		passed = 0
	}
	m.last = v.now
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
	switch m.state {
	case Work:
		m.compare(v)
	case Swap:
		m.swapped(v)
	case Yield:
		m.yielded(v)
	case Rest:
		m.watch(v)
	case Look:
		m.looks(v)
	}
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

// compare has guests rest that work beside hosts that do as well, or finds out.
func (m *machine) compare(v *view) {
	if v.now.Sub(m.both) < m.dwell {
		return
	}
	h, g := v.rates(time.Second)
	h2, g2 := v.rates(2 * time.Second)
	switch {
	case min(h, h2) >= tie*max(g, g2, min(m.alone, h2+g2)):
		m.g0, m.h0, m.s0, m.fresh = max(g, g2), min(h, h2), h2+g2, true
		if m.aloneFor < aloneTime && g2 > swapPart*m.s0 && v.rest() > leastSwap {
			m.set(Swap, v.now)
			return
		}
		if m.vain++; !m.looked || v.now.Sub(m.since) > quickRest {
			m.vain = 0
		}
		m.looked = false
		m.set(Rest, v.now)
	case !v.now.Before(m.due) && v.rest() > leastLeft && h > 0.02*g:
		m.s0, m.h0, m.g0 = h2+g2, h2, g2
		m.set(Yield, v.now)
	}
}

// swapped ends a pause of the hosts.
func (m *machine) swapped(v *view) {
	if v.now.Sub(m.since) < swapTime {
		return
	}
	_, m.alone = v.rates(600 * time.Millisecond)
	m.aloneFor = time.Hour
	if m.h0 >= tie*m.alone {
		m.set(Rest, v.now)
		return
	}
	m.set(Work, v.now)
	m.both, m.dwell = v.now, settleTime
}

// yielded ends a while in which guests took half.
func (m *machine) yielded(v *view) {
	if v.now.Sub(m.since) < yieldTime {
		return
	}
	h, g := v.rates(500 * time.Millisecond)
	m.gap = min(yieldMost, 2*m.gap)
	m.due = v.now.Add(m.gap)
	if h-m.h0 > yieldTaken*(m.g0-g) && h+g > yieldSum*m.s0 {
		m.fresh = true
		m.set(Rest, v.now)
		return
	}
	m.set(Work, v.now)
	m.both, m.dwell = v.now, max(m.dwell, settleTime)
}

// watch ends a rest, for good or for a look.
func (m *machine) watch(v *view) {
	if m.fresh && v.now.Sub(m.since) < judgeTime {
		return
	}
	h, _ := v.rates(time.Second)
	if m.fresh {
		m.fresh = false
		// A bottleneck that they shared is the hosts' now. If those can't fill it,
		// guests could.
		if h > 1.1*m.h0 && h < 0.85*m.s0 || h < tie*m.g0 {
			m.work(v.now)
			m.dwell = judgedTime
			return
		}
		m.h0, m.due = h, v.now.Add(m.lookGap()-judgeTime)
	}
	m.h0 = max(m.h0*(1-0.05/bestFades.Seconds()), h)
	switch {
	case h >= tie*restSlack*m.g0 && h >= restBest*m.h0:
		m.fall = time.Time{}
	case m.fall.IsZero():
		m.fall = v.now
	case v.now.Sub(m.fall) > fallTime:
		m.work(v.now)
		return
	}
	if !v.now.Before(m.due) && v.rest() > leastLeft {
		m.h0, m.before = max(h, restBest*m.h0), h
		m.set(Look, v.now)
	}
}

// looks ends a look.
func (m *machine) looks(v *view) {
	h, g := v.rates(800 * time.Millisecond)
	age := v.now.Sub(m.since)
	hosts := max(h, m.before)
	switch {
	case age < min(2*lookTime, max(leastLook, lookTrips*v.rtt)):
	case g > lookGain*hosts:
		m.work(v.now)
		m.dwell, m.looked = lookTime, true
	case (g > tie*hosts || v.grows()) && age < 2*lookTime:
	default:
		m.g0 = min(m.g0, max(g, m.g0/2))
		m.set(Rest, v.now)
		m.due = v.now.Add(m.lookGap())
	}
}

// lookGap grows with looks that were in vain.
func (m *machine) lookGap() time.Duration { return min(longestGap, lookGap<<min(m.vain, 4)) }
