package session

import (
	"time"

	"sesame/transit"
)

// fastPath is how many bytes a second make a path so fast that packing holds it up.
const fastPath = 150 << 20

// A speed estimates what a lane carries, in bytes a second on the wire.
type speed struct {
	seen int64 // bytes that had arrived at the last look
	last time.Time
	rate float64 // 0 while unknown
}

// look computes the rate from how much has arrived since the last look; arrived is
// of all records on the lane, as they are on the wire: what packs well says little
// of a lane. Busy says that there was something to send all the time: only then
// does it mean something.
func (v *speed) look(now time.Time, arrived int64, busy bool) {
	if passed := now.Sub(v.last).Seconds(); busy && !v.last.IsZero() && passed > 0 {
		rate := float64(arrived-v.seen) / passed
		if v.rate == 0 {
			v.rate = rate
		} else {
			v.rate += (rate - v.rate) / 4
		}
	}
	v.last, v.seen = now, arrived
}

// slow reports whether packing contents can make the lane faster.
func (v *speed) slow(p transit.Path) bool {
	if v.rate > 0 {
		return v.rate < fastPath
	}
	return p.Kind != transit.SameMachine && p.Kind != transit.SameNetwork
}
