package transit

import (
	"time"

	"sesame/internal/awake"
)

const (
	vigilBeat = time.Second
	vigilGap  = 5 * time.Second
)

// A vigil counts down how long something is waited for. Time in which this process
// didn't run doesn't count: what came meanwhile is still to be read. It has no
// clock.
type vigil struct {
	meter awake.Meter
	last  time.Time
	left  time.Duration
}

func newVigil(d time.Duration, now time.Time) *vigil {
	v := &vigil{meter: awake.Meter{Least: vigilGap}, last: now, left: d}
	v.meter.Pass(now)
	return v
}

// look takes the time, and returns when to look again. It must be called then, or
// sooner; it is over when that is 0.
func (v *vigil) look(now time.Time) time.Duration {
	passed := now.Sub(v.last)
	if run, _ := v.meter.Pass(now); run > 0 {
		passed = min(passed, vigilBeat)
	}
	v.left -= passed
	v.last = now
	return max(0, min(v.left, vigilBeat))
}
