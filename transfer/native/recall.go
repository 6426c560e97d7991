package native

import (
	"slices"
	"time"
)

// recallAfter is how long what is under way on one lane is waited for while others
// have nothing to do, beside its round trips.
const recallAfter = 2 * time.Second

// recall sends over other lanes, which have nothing more to do, what one has held
// up for long: of lanes that share a slow line one may have to wait for a while.
// mu is held.
func (s *sender) recall(now time.Time) {
	if !slices.ContainsFunc(s.carriers, func(c *carrier) bool { return !c.retire && c.flight.bytes == 0 }) {
		return
	}
	for _, c := range s.carriers {
		rtt := min(c.gauge.recent(now, c.lane.Idle()), longest)
		if c.flight.overdue(now, recallAfter+slack*rtt) {
			c.flight.recall(s.sched.lost)
		}
	}
	s.sched.order()
	s.wakeAll()
}
