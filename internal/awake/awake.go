// Package awake tells when a program didn't run: because it was stopped, its
// virtual machine was paused, or the computer slept. Clocks go on meanwhile, or
// jump when it is over, and what was waited for had no chance to come; so that
// time must not count as silence of somebody else.
package awake

import "time"

const (
	// Beat is how often a Meter wants to be told the time, at least.
	Beat = time.Second
	// Gap is how late that may be told, as on a busy machine, before it means that
	// the program didn't run.
	Gap = 5 * time.Second
)

// A Meter notices gaps. It has no clock and no goroutine; it isn't safe for
// concurrent use. The zero value is ready to use.
type Meter struct{ last time.Time }

// Pass takes the time, and returns how long the program didn't run before: 0, or
// more than Gap. Whichever of the two clocks that now may hold has jumped counts:
// the steady one stands still on some systems while the computer sleeps, and the
// other one doesn't.
func (m *Meter) Pass(now time.Time) time.Duration {
	last := m.last
	m.last = now
	if last.IsZero() {
		return 0
	}
	if gap := max(now.Sub(last), now.Round(0).Sub(last.Round(0))); gap > Gap {
		return gap
	}
	return 0
}
