package mapped

import (
	"net/netip"
	"time"
)

// retries are the pauses until a router that gave nothing is asked again. The last
// one repeats.
var retries = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// urgent is the least pause until a mapping that could not be renewed is asked
// for again.
const urgent = 5 * time.Second

// A lease decides when the router is asked for one mapping. It has no sockets and
// no clock.
type lease struct {
	request
	external netip.AddrPort // where the peer can connect; not valid if there is no mapping
	ends     time.Time      // when the mapping does
	due      time.Time      // when to ask
	failures int            // one after another

	over bool // it isn't wanted any more

	by speaker // that was last asked; nil if none was
}

// granted notes what the router gave, and reports whether that is news.
func (l *lease) granted(g grant, now time.Time) (news bool) {
	news = l.external != g.external
	l.external, l.ends = g.external, now.Add(g.life)
	l.request.external = g.external.Port()
	l.due = now.Add(g.life / 2)
	l.failures = 0
	return news
}

// failed notes that it gave nothing. A mapping that is there stays for now.
func (l *lease) failed(now time.Time) {
	if l.external.IsValid() {
		l.due = now.Add(max(l.ends.Sub(now)/4, urgent))
		return
	}
	l.due = now.Add(retries[min(l.failures, len(retries)-1)])
	l.failures++
}

// expire forgets a mapping whose time is over, and reports whether it did.
func (l *lease) expire(now time.Time) bool {
	if !l.external.IsValid() || now.Before(l.ends) {
		return false
	}
	l.forget(now)
	return true
}

// forget begins anew, at another router or since this one has no mapping any more.
func (l *lease) forget(now time.Time) {
	l.external, l.ends, l.failures = netip.AddrPort{}, time.Time{}, 0
	l.due = now
}

// wake returns when something has to be done.
func (l *lease) wake() time.Time {
	if l.external.IsValid() && l.ends.Before(l.due) {
		return l.ends
	}
	return l.due
}

// patience is how long the router may take to confirm that the mapping is gone. One
// that never answered PCP, which takes a packet each way, most likely won't now.
func (l *lease) patience() time.Duration {
	if _, quick := l.by.(*pcp); quick && !l.external.IsValid() {
		return lastWordTime
	}
	return leaveTime
}
