package line

import (
	"encoding/binary"
	"time"
)

// An acker knows which packets have come, and when that is to be said.
type acker struct {
	seen  set    // numbers
	floor uint64 // numbers below are as good as seen

	newest   uint64 // number
	newestAt time.Duration
	waiting  int // packets that want an ACK
	since    time.Duration
	must     bool

	lows [ackReach]uint64 // the lowest number that came during each of the last ACKs
	n    int
}

// none is the lowest number where none came.
const none = 1 << 62

func newAcker() (a acker) {
	for i := range a.lows {
		a.lows[i] = none
	}
	return a
}

// known reports whether a packet with that number came before, or is taken to have.
func (a *acker) known(number uint64) bool {
	return number < a.floor || a.seen.has(number, number+1)
}

// note takes the number of a packet that wasn't known.
func (a *acker) note(now time.Duration, number uint64) {
	a.seen.add(number, number+1)
	if len(a.seen) > maxSeen {
		k := len(a.seen) - maxSeen/2
		a.floor = a.seen[k-1].hi
		a.seen = append(set(nil), a.seen[k:]...)
	}
	low := &a.lows[a.n%len(a.lows)]
	*low = min(*low, number)
	if number >= a.newest {
		a.newest, a.newestAt = number, now
	}
}

// want notes that a packet that has come wants an ACK.
func (a *acker) want(now time.Duration) {
	if a.waiting == 0 {
		a.since = now
	}
	a.waiting++
}

// at returns when an ACK is due, and whether one ever is.
func (a *acker) at() (time.Duration, bool) {
	switch {
	case a.must || a.waiting >= ackPackets:
		return 0, true
	case a.waiting >= 2:
		return a.since + ackSoon, true
	case a.waiting == 1:
		return a.since + ackLate, true
	}
	return 0, false
}

func (a *acker) due(now time.Duration) bool {
	at, ever := a.at()
	return ever && now >= at
}

// put writes an ACK into b, and returns its size; 0 if nothing has come. It reaches
// down to the lowest number that came since some ACKs ago: numbers aren't used again,
// so that all spans would be ever more, and with too few what comes late is never told.
func (a *acker) put(now time.Duration, window uint64, b []byte) int {
	a.must = false
	if len(a.seen) == 0 {
		return 0
	}
	head := ack{top: a.seen.top(), window: window}
	if a.newest == head.top {
		head.late = now - a.newestAt
	}
	floor := uint64(none)
	for _, low := range a.lows {
		floor = min(floor, low)
	}
	n := ackHead
	for i := len(a.seen) - 1; i >= 0 && head.count < maxSpans && n < len(b)-2*binary.MaxVarintLen64; i-- {
		s := a.seen[i]
		if s.hi <= floor && head.count > 0 {
			break
		}
		lo := max(s.lo, min(floor, s.hi-1))
		gap := uint64(0)
		if i > 0 && lo == s.lo {
			gap = s.lo - a.seen[i-1].hi
		}
		n += binary.PutUvarint(b[n:], s.hi-lo)
		n += binary.PutUvarint(b[n:], gap)
		head.count++
	}
	putAckHead(b, head)
	a.n++
	a.lows[a.n%len(a.lows)] = none
	a.waiting = 0
	return n
}
