package choice

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
		if m.begun || m.whole || !v.Waiting || !v.guest {
			return false
		}
		_, g := v.carried()
		if m.begun = g > waitBytes; m.begun || !v.comes || v.Left >= 0 && v.Left < waitLeft {
			return false
		}
		m.begun = true
		m.set(Wait, v.now)
	}
	return m.state == Wait || m.state == Show
}

// waited ends the wait when hosts have begun, or when that would be too late.
func (m *machine) waited(v *view) {
	age := v.now.Sub(m.since)
	h, g := v.rates(max(startSpan, 2*v.trip))
	switch {
	case !v.comes:
		m.work(v.now)
	case v.starts() && age < waitSoon+waitTrips*v.trip:
	case h < g: // which hardly may do anything
		m.work(v.now)
	case v.starts() && age < waitMost+waitMostTrips*v.trip:
	default:
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
	case v.now.Sub(m.since) < max(showTime, showTrips*v.rtt):
	case h+g > showGain*m.s0:
		m.work(v.now)
	default:
		m.h0, m.g0, m.s0 = h, g, h+g
		m.both, m.dwell, m.gap = v.now, measureTime, yieldGap
		m.fresh = false
		m.set(Rest, v.now)
		m.due = v.now.Add(lookGap)
	}
}
