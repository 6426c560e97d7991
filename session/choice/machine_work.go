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
	m.fresh, m.looked = true, false
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
