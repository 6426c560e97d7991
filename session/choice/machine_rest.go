package choice

import "time"

// watch ends a rest, for good or for a look.
func (m *machine) watch(v *view, passed time.Duration) {
	if m.spare = m.slack(v); m.spare { // hosts do all that there is to do
		m.fall = time.Time{}
		if m.fresh { // rates will be of the time after this
			m.since = v.now
		}
		return
	}
	if m.fresh && v.now.Sub(m.since) < judgeTime {
		return
	}
	h, _ := v.rates(time.Second)
	if m.fresh {
		m.fresh = false
		if m.mistaken(h) {
			m.work(v.now)
			m.dwell = judgedTime
			return
		}
		m.h0, m.due = h, v.now.Add(m.lookGap()-judgeTime)
	}
	m.h0 = max(m.h0*(1-passed.Seconds()/bestFades.Seconds()), h)
	switch {
	case h >= tie*restSlack*m.g0 && h >= restBest*m.h0:
		m.fall = time.Time{}
	case m.fall.IsZero():
		m.fall = v.now
	case v.now.Sub(m.fall) > fallTime:
		m.work(v.now)
		return
	}
	if !v.now.Before(m.due) && v.rest() > leastLeft && !v.Battery {
		m.h0, m.before = max(h, restBest*m.h0), h
		m.set(Look, v.now)
	}
}

// mistaken judges a rest by what hosts do. A bottleneck that they shared with guests is
// theirs now: if they grow but can't fill it, guests could.
func (m *machine) mistaken(h float64) bool {
	if m.whole {
		return h < wholePart*m.s0
	}
	if m.filled && h < filledPart*m.s0 {
		return true
	}
	return h > 1.1*m.h0 && h < 0.85*m.s0 || h < tie*m.g0
}

// looks ends a look.
func (m *machine) looks(v *view) {
	h, g := v.rates(800 * time.Millisecond)
	_, grow := v.grow()
	age := v.now.Sub(m.since)
	hosts, gain := max(h, m.before), g
	if m.whole || h < lookShared*m.before { // they share what is there
		hosts, gain = m.before, h+g
	}
	switch {
	case age < min(2*lookTime, max(leastLook, lookTrips*v.rtt)):
	case gain > lookGain*hosts:
		m.work(v.now)
		m.dwell, m.looked = lookTime, true
	case (gain > 1.05*hosts || grow) && age < 2*lookTime:
	default:
		m.g0 = min(m.g0, max(g, m.g0/2))
		m.set(Rest, v.now)
		m.due = v.now.Add(m.lookGap())
	}
}

// lookGap grows with looks that were in vain.
func (m *machine) lookGap() time.Duration { return min(longestGap, lookGap<<min(m.vain, 4)) }
