package line

import "time"

// This file is what an acknowledgement does to a flight.

// acknowledge takes an ACK. It calls came for each packet that it is news of, and gone
// for each that is found lost by it. It fails if the peer acknowledges what was never
// sent: it hasn't got that, so it would have us send faster than the line carries.
func (f *flight) acknowledge(now time.Duration, a ack, came, gone func(*record)) error {
	if a.top >= f.next {
		return errDamaged
	}
	s := sample{now: now}
	before := f.delivered
	newest, honest := f.mark(now, a, &s, came)
	if !honest {
		return errDamaged
	}
	if newest != nil {
		f.measure(now, a, newest, &s)
		f.timeouts = 0
	}
	f.findLost(&s, gone)
	f.tell(&s, before)
	f.forget(now)
	f.arm(now)
	return nil
}

// mark marks the packets that an ACK names, and returns the newest that it is news of.
// It reports false if one of them was never sent.
func (f *flight) mark(now time.Duration, a ack, s *sample, came func(*record)) (newest *record, honest bool) {
	honest = true
	a.each(func(got span) {
		for n := got.hi; n > max(got.lo, f.low); {
			n--
			r := f.record(n)
			switch {
			case r.flags&flagSkipped != 0:
				honest = false
			case r.flags&flagAcked == 0:
				f.came(now, r, s, came)
				if r.flags&flagSilent == 0 && (newest == nil || r.at > newest.at) {
					newest = r
				}
			}
		}
	})
	return newest, honest
}

// came marks one packet.
func (f *flight) came(now time.Duration, r *record, s *sample, came func(*record)) {
	r.flags |= flagAcked
	if r.flags&flagSilent != 0 {
		return
	}
	f.delivered += uint64(r.size)
	s.rtts.add(now - r.at)
	low := r.mode.low()
	if r.flags&flagLost == 0 {
		f.flying -= int(r.size)
		if low {
			s.lowSent += float64(r.size)
		}
	} else { // it was only late: wait longer in the future
		f.stats.Late++
		f.stats.Lost--
		f.ctl.loss.found(float64(r.size), low)
		late := now - r.at - f.srtt
		f.reorder = min(max(f.reorder, late+late/4), max(2*f.srtt, reorderMost))
		f.reorderRound = f.ctl.round
	}
	came(r)
}

// measure takes the RTT and the rate that the newest packet tells.
func (f *flight) measure(now time.Duration, a ack, newest *record, s *sample) {
	if a.top >= f.top {
		f.top = a.top
		rtt := now - newest.at
		// The time that the ACK was held back doesn't count, unless that is a lie.
		if a.late < rtt && (rtt-a.late >= f.ctl.least || f.ctl.guessed) {
			rtt -= a.late
		}
		s.rtt = rtt
		if f.ctl.guessed {
			f.srtt, f.rttvar = rtt, rtt/2
		}
		d := rtt - f.srtt
		f.srtt += d / 8
		f.rttvar += (max(d, -d) - f.rttvar) / 4
	}
	f.topAt = max(f.topAt, newest.at)
	s.prior = newest.delivered
	s.limited = newest.flags&flagLimited != 0
	// As in BBR draft §4.1: the longer of the time in which it was sent and that in
	// which it was acknowledged.
	took := max(newest.at-newest.firstSent, now-newest.deliveredAt)
	f.firstSent, f.deliveredAt = newest.at, now
	if took > 0 && (took >= f.ctl.least/2 || f.ctl.guessed) {
		s.rate = float64(f.delivered-newest.delivered) / took.Seconds()
	}
}

// tell tells the controller, if there is news.
func (f *flight) tell(s *sample, before uint64) {
	if f.delivered == before && s.lost == 0 {
		return
	}
	s.delivered, s.acked, s.inFlight = f.delivered, float64(f.delivered-before), float64(f.flying)
	f.ctl.onAck(*s)
}

// tick finds what is lost by now. It reports whether nothing has come for too long.
func (f *flight) tick(now time.Duration, gone func(*record)) (late bool) {
	if f.lostAt > 0 && now >= f.lostAt {
		s := sample{now: now}
		f.findLost(&s, gone)
		f.tell(&s, f.delivered)
	}
	return f.retryAt > 0 && now >= f.retryAt
}
