package choice

import "time"

// compare has guests rest that work beside hosts that do as well, or finds out.
func (m *machine) compare(v *view) {
	if v.now.Sub(m.both) < m.dwell {
		return
	}
	h, g := v.rates(time.Second)
	h2, g2 := v.rates(2 * time.Second)
	long := v.rest()
	switch {
	case m.slack(v):
		m.h0, m.g0, m.s0 = min(h, h2), max(g, g2), h2+g2
		m.rest(v.now)
	case !m.whole && min(h, h2) >= tie*max(g, g2, min(m.alone, h2+g2)):
		m.h0, m.g0, m.s0 = min(h, h2), max(g, g2), h2+g2
		if m.aloneFor < aloneTime && g2 > leastPart*m.s0 && long > leastSwap {
			if grow, _ := v.grow(); grow {
				return // a pause would cost more than it tells
			}
			m.halved, m.trial = g2 < swapPart*m.s0, trial{}
			m.set(Swap, v.now)
			return
		}
		if m.vain++; !m.looked || v.now.Sub(m.since) > quickRest {
			m.vain = 0
		}
		m.rest(v.now)
	case !v.now.Before(m.due) && long > leastLeft && h > 0.02*g && (!m.whole || h >= tie*g):
		m.h0, m.g0, m.s0 = h2, g2, h2+g2
		m.trial = trial{}
		m.set(Yield, v.now)
	}
}

// rest has guests rest, which is to be judged.
func (m *machine) rest(now time.Time) {
	m.fresh, m.filled, m.looked = true, false, false
	m.set(Rest, now)
}

// swapped ends a pause of the hosts. If guests took what those left, it is one bottleneck,
// which they could fill alone.
func (m *machine) swapped(v *view) {
	h, g, done := m.trial.measure(v, m.since, v.drained(true, m.halved, m.h0), m.s0)
	if !done {
		return
	}
	m.alone = g
	if g-m.g0 > swapTaken*(m.h0-h) {
		m.alone = m.s0
	}
	m.aloneFor = time.Hour
	if m.h0 >= tie*m.alone {
		m.rest(v.now)
		return
	}
	m.again(v.now)
	m.dwell = swapDwell
}

// yielded ends a while in which guests took half. If hosts took the rest, it is one
// bottleneck.
func (m *machine) yielded(v *view) {
	h, g, done := m.trial.measure(v, m.since, v.drained(false, true, m.g0), m.s0)
	if !done {
		return
	}
	m.gap = min(yieldMost, 2*m.gap)
	m.due = v.now.Add(m.gap)
	if h-m.h0 > yieldTaken*(m.g0-g) && h+g > yieldSum*m.s0 {
		m.rest(v.now)
		return
	}
	dwell := m.dwell
	m.again(v.now)
	m.dwell = max(m.dwell, dwell)
}

// starts has guests begin after hosts have found out what they carry: TCP through a relay
// that begins at the same time, over the same line, takes most of it before they get there,
// and loses a part of that. It reports whether nothing else is to be done.
func (m *machine) starts(v *view) bool {
	switch m.state {
	case Wait:
		m.waited(v)
	case Show:
		m.shown(v)
	case Work:
		if m.begun || m.whole || !v.guest {
			return false
		}
		_, g := v.carried()
		if m.begun = g > waitBytes; m.begun || !v.comes || v.trip > waitTrip || v.Left >= 0 && v.Left < waitLeft {
			return false
		}
		m.begun = true
		m.set(Wait, v.now)
	}
	return m.starting()
}

// starting reports whether hosts show what they carry before guests begin.
func (m *machine) starting() bool { return m.state == Wait || m.state == Show }

// waited ends the wait when hosts have begun, or when that would be too late.
func (m *machine) waited(v *view) {
	if h, _ := v.carried(); !v.Waiting && h < waitBytes {
		m.since, m.out = v.now, time.Time{} // there is nothing to send yet
	}
	age, span := v.now.Sub(m.since), max(startSpan, 3*v.trip)
	h, g := v.rates(span)
	if m.out.IsZero() && (!v.starts() || age >= waitMost+waitMostTrips*v.trip) {
		m.out = v.now
	}
	switch {
	case !v.comes:
		m.work(v.now)
	case m.out.IsZero() && age < waitSoon+waitTrips*v.trip:
	case h < g: // which hardly may do anything
		m.work(v.now)
	case m.out.IsZero() || v.now.Sub(m.out) < max(showTime, span)+v.trip: // what they do by then is of the start
	default:
		h, g = v.rates(max(showTime, span))
		m.h0, m.g0, m.s0 = h, g, h+g
		m.set(Show, v.now)
	}
}

// shown ends a while in which guests have taken a part of what both did: if both do no more
// for that, it is one bottleneck, which hosts fill.
func (m *machine) shown(v *view) {
	h, g := v.rates(max(startSpan, 2*v.rtt))
	if !v.comes || g > h {
		m.work(v.now)
		return
	}
	h, g = v.rates(showTime)
	switch {
	case v.now.Sub(m.since) < showTime+showTrips*v.rtt:
	case h+g > showGain*m.s0:
		m.work(v.now)
		m.dwell = shownTime
	default:
		m.h0, m.g0, m.s0 = h, g, h+g
		m.both, m.dwell, m.gap = v.now, measureTime, yieldGap
		m.rest(v.now)
		m.filled = true
	}
}
