package native

import (
	"time"

	"sesame/transit"
)

// A speed estimates what a lane carries, in bytes a second on the wire.
type speed struct {
	sent  int64 // bytes acknowledged since the last look
	last  time.Time
	rate  float64 // 0 while unknown
	since time.Time
}

// look computes the rate from what was acknowledged since the last look. Busy
// says that there was something to send all the time: only then does it mean
// something.
func (v *speed) look(now time.Time, busy bool) {
	if passed := now.Sub(v.last).Seconds(); busy && !v.last.IsZero() && passed > 0 {
		rate := float64(v.sent) / passed
		if v.rate == 0 {
			v.rate = rate
		} else {
			v.rate += (rate - v.rate) / 4
		}
	}
	v.last, v.sent = now, 0
}

// slow reports whether packing contents can make the lane faster.
func (v *speed) slow(p transit.Path) bool {
	if v.rate > 0 {
		return v.rate < fastPath
	}
	return p.Kind != transit.SameMachine && p.Kind != transit.SameNetwork
}
