package choice

import (
	"math"
	"slices"
	"time"
)

// A Chooser has the rules of all lanes over which a side sends. The zero value has no
// lanes. It isn't safe for concurrent use.
type Chooser struct {
	lanes   []*Lane
	left    int64 // bytes of content, about; negative if unknown
	ordered bool
	relays  machine
	udp     machine
}

// A Prospect is what lies ahead.
type Prospect struct {
	// Left is about how many bytes of content aren't acknowledged yet; negative if
	// nobody knows.
	Left int64
	// Waiting says that there was content to send ever since the last look. Else what
	// lanes carry says nothing of them.
	Waiting bool
	// Ordered says that the other side passes what comes on in order, and holds a window
	// of it.
	Ordered bool
	// Limit is how many bytes a second a person allows; 0 for any number.
	Limit int64
	// Battery says that nothing is to be tried only to know.
	Battery bool
}

// Add returns the rules of a lane that has come up.
func (c *Chooser) Add(s Sort, now time.Time) *Lane {
	l := &Lane{of: c, sort: s, flight: leastFlight}
	l.trail.Note(0, now)
	c.lanes = append(c.lanes, l)
	return l
}

// Remove takes out a lane that is gone.
func (c *Chooser) Remove(l *Lane) {
	c.lanes = slices.DeleteFunc(c.lanes, func(o *Lane) bool { return o == l })
}

// Look does what time brings; it is called every 50 to 200 ms. It reports whether lanes
// may take what they couldn't before.
func (c *Chooser) Look(now time.Time, p Prospect) (news bool) {
	news = c.LookAlike(now, p)
	relays, udp := c.relays.state, c.udp.state
	v := c.view(UDP, now, p)
	v.held = c.relays.trying()
	c.udp.whole = true
	c.udp.step(&v)
	v = c.view(Relay, now, p)
	v.held = c.udp.trying()
	c.relays.step(&v)
	return news || c.relays.state != relays || c.udp.state != udp
}

// LookAlike is Look where all lanes are of one sort, so that none rests beside another: a
// program that calls nothing else doesn't have the rules of rests in it.
func (c *Chooser) LookAlike(now time.Time, p Prospect) (news bool) {
	c.left, c.ordered = p.Left, p.Ordered
	for _, l := range c.lanes {
		was := l.suspended
		l.look(now)
		news = news || l.suspended != was
	}
	return news
}

// Woke notes that this process didn't run for a while: silence before that is nobody's.
func (c *Chooser) Woke(now time.Time) {
	for _, l := range c.lanes {
		l.waits = now
	}
}

// State returns what relays do, for a log.
func (c *Chooser) State() State { return c.relays.state }

// portion returns how much may be under way on a lane by what machines say: nothing on
// one that rests; and where it is held to half for a moment, so much. For others there is
// no bound.
func (c *Chooser) portion(l *Lane) int64 {
	if l.sort == Relay {
		return max(c.carrying(l, c.relays.guests(), Relay, Relay), c.relays.least()/int64(c.count(Relay, Relay)))
	}
	most := c.carrying(l, c.relays.hosts(), TCP, UDP)
	if l.sort == UDP {
		most = min(most, c.carrying(l, c.udp.guests(), UDP, UDP))
	}
	return most
}

// tried reports whether a lane is held back for a moment, for the sake of a trial.
func (c *Chooser) tried(l *Lane) bool {
	if l.sort == Relay {
		return c.relays.state == Yield
	}
	return c.relays.state == Swap || l.sort == UDP && c.udp.state == Yield
}

// carrying returns how much may be under way on a lane so that those from one sort to
// another carry so many bytes a second together.
func (c *Chooser) carrying(l *Lane, rate float64, from, to Sort) int64 {
	if math.IsInf(rate, 1) {
		return math.MaxInt64
	}
	return int64(rate / float64(c.count(from, to)) * (l.rtt + halfTime).Seconds())
}

// count returns how many lanes there are from one sort to another.
func (c *Chooser) count(from, to Sort) (n int) {
	for _, l := range c.lanes {
		if l.sort >= from && l.sort <= to {
			n++
		}
	}
	return n
}

// works reports whether another lane has carried something lately.
func (c *Chooser) works(l *Lane) bool {
	return slices.ContainsFunc(c.lanes, func(o *Lane) bool { return o != l && o.lately > 0 })
}

// lives reports whether another lane may be of use: isn't suspended, and wasn't since it
// carried something.
func (c *Chooser) lives(l *Lane) bool {
	return slices.ContainsFunc(c.lanes, func(o *Lane) bool { return o != l && !o.suspended && !o.doubtful })
}

// inOrder returns how much a lane may hold so that the others aren't through with the
// window before that has arrived.
func (c *Chooser) inOrder(l *Lane) int64 {
	rate := 0.0
	for _, o := range c.lanes {
		if o != l {
			rate += o.lately
		}
	}
	if !c.ordered || rate == 0 {
		return math.MaxInt64
	}
	return max(int64(l.pace.rate()*(orderPart*windowBytes/rate-l.rtt.Seconds())), 0)
}

// soon reports whether the other lanes, which are busy, will be done within strideTime, as
// far as is known.
func (c *Chooser) soon(l *Lane) bool {
	busy, rate := false, 0.0
	for _, o := range c.lanes {
		if o != l && !o.suspended {
			busy = busy || o.under > 0
			rate += o.lately
		}
	}
	return busy && (rate == 0 || float64(c.left) <= rate*strideTime.Seconds())
}

// view returns what a machine sees whose guests are lanes of a sort.
func (c *Chooser) view(guests Sort, now time.Time, p Prospect) view {
	v, unknown := view{Prospect: p, now: now, lanes: c.lanes, guests: guests}, false
	for _, l := range c.lanes {
		if l.suspended || l.doubtful {
			continue
		}
		if l.sort < guests {
			v.comes, v.host, v.trip = true, v.host || l.carried > 0, max(v.trip, l.rtt)
			unknown = unknown || l.rtt == 0
		} else if l.sort == guests {
			v.guest, v.rtt = true, max(v.rtt, l.rtt)
		}
	}
	if unknown {
		v.trip = max(v.trip, v.rtt)
	}
	return v
}
