package choice

import "time"

// A view is what a machine sees when it looks: hosts, that always work, and guests, that
// may rest.
type view struct {
	Prospect
	now         time.Time
	lanes       []*Lane
	guests      Sort          // lanes of lesser sorts are hosts
	host, guest bool          // some live; a host that has never carried anything counts for none
	comes       bool          // there is a host, whatever it has carried
	rtt         time.Duration // of guests
	trip        time.Duration // of hosts
	held        bool          // somebody else's trial is on
}

// idle returns 1 if there was nothing to send since the last look, else 0.
func (v *view) idle() float64 {
	if v.Waiting {
		return 0
	}
	return 1
}

// rates returns how many bytes a second hosts and guests have carried in the last d.
func (v *view) rates(d time.Duration) (hosts, guests float64) {
	for _, l := range v.lanes {
		switch {
		case l.sort < v.guests:
			hosts += l.Rate(d, v.now)
		case l.sort == v.guests:
			guests += l.Rate(d, v.now)
		}
	}
	return hosts, guests
}

// carried returns how many bytes hosts and guests have carried, ever.
func (v *view) carried() (hosts, guests int64) {
	for _, l := range v.lanes {
		switch {
		case l.sort < v.guests:
			hosts += l.carried
		case l.sort == v.guests:
			guests += l.carried
		}
	}
	return hosts, guests
}

// drained reports whether hosts, or guests, which are held back, have brought home what
// they had before: down to what makes half of a rate, or all.
func (v *view) drained(hosts, half bool, rate float64) bool {
	under, most := int64(0), 0.0
	for _, l := range v.lanes {
		if l.suspended || l.sort > v.guests || (l.sort < v.guests) != hosts {
			continue
		}
		if under += l.under; half {
			most = max(most, rate/2*(l.rtt+halfTime).Seconds())
		}
	}
	return under <= int64(most)
}

// grow reports whether hosts and guests still get faster.
func (v *view) grow() (hosts, guests bool) {
	d := max(300*time.Millisecond, 2*v.rtt)
	h, g := v.rates(d)
	h2, g2 := v.rates(2 * d)
	return h > growth*(2*h2-h), g > growth*(2*g2-g)
}

// rest returns about how long what is left will take.
func (v *view) rest() time.Duration {
	h, g := v.rates(time.Second)
	if v.Left < 0 {
		return time.Hour
	}
	return time.Duration(min(float64(v.Left)/max(h+g, 1), 3600) * float64(time.Second))
}

// starts reports whether hosts still find out what their lines carry: those that carry the
// better part of what hosts do.
func (v *view) starts() bool {
	grow, _ := v.grow()
	all, over := 0.0, 0.0
	for _, l := range v.lanes {
		if l.sort >= v.guests || l.suspended || l.doubtful {
			continue
		}
		r := l.Rate(startSpan, v.now)
		all += r
		if l.start == startOver || l.start == startUnknown && !grow {
			over += r
		}
	}
	return all == 0 || over < all/2
}
