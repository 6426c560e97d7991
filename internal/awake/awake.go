// Package awake tells when a program didn't run: because it was stopped, its
// virtual machine was paused, or the computer slept. Clocks go on meanwhile, or
// jump when it is over, and what was waited for had no chance to come; so that
// time must not count as silence of somebody else.
package awake

import "time"

// A Meter notices gaps between the times that it is told. It must be told one
// several times in Least. It has no clock and no goroutine; it isn't safe for
// concurrent use.
type Meter struct {
	// Least is how long a gap is at least: longer than a busy machine may keep the
	// program waiting.
	Least time.Duration
	last  time.Time
}

// Pass notes that the program runs now, and returns for how long it hadn't: by
// the clock that deadlines are reckoned with, and by the calendar too, which goes
// on while a computer sleeps. Both are 0 if that was no gap.
func (m *Meter) Pass(now time.Time) (run, real time.Duration) {
	run, real = m.since(now)
	m.last = now
	if real < m.Least {
		return 0, 0
	}
	return run, real
}

// Gap reports whether Pass would find one.
func (m *Meter) Gap(now time.Time) bool {
	_, real := m.since(now)
	return real >= m.Least
}

func (m *Meter) since(now time.Time) (run, real time.Duration) {
	if m.last.IsZero() {
		return 0, 0
	}
	run = now.Sub(m.last)
	return run, max(run, now.Round(0).Sub(m.last.Round(0)))
}
