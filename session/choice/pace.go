package choice

import "time"

// paceMemory is how much an acknowledgement counts beside the one after it.
const paceMemory = 0.8

// A pace is how fast a lane brings home what it has, by the last acknowledgements, however
// far apart they are: a rate over a second says nothing of a lane that needs two for a
// record. The zero value has seen none.
type pace struct{ bytes, took float64 }

// note takes that n bytes were acknowledged, and how long that was waited for.
func (p *pace) note(n int64, waited time.Duration) {
	p.bytes = p.bytes*paceMemory + float64(n)
	p.took = p.took*paceMemory + max(waited, time.Microsecond).Seconds()
}

// rate returns bytes a second; 0 while nothing was acknowledged.
func (p *pace) rate() float64 {
	if p.took == 0 {
		return 0
	}
	return p.bytes / p.took
}
