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

// A lag is how long what is sent takes to be acknowledged, what waits on the way included:
// of one record at a time. The zero value has measured none.
type lag struct {
	mark int64 // once so many bytes were acknowledged, ever, the record was; 0 for none
	left time.Time
	took time.Duration
}

// sent takes how many bytes have been sent, ever.
func (g *lag) sent(sum int64, now time.Time) {
	if g.mark == 0 {
		g.mark, g.left = sum, now
	}
}

// acked takes how many bytes have been acknowledged, ever.
func (g *lag) acked(sum int64, now time.Time) {
	if g.mark > 0 && sum >= g.mark {
		g.mark, g.took = 0, now.Sub(g.left)
	}
}
