package classic

import "time"

// A pacer keeps a rate. The zero value has no limit.
type pacer struct {
	rate int64     // bytes a second
	free time.Time // when what was booked has crossed
}

// maxPause keeps a very slow receiver from looking dead.
const maxPause = 30 * time.Second

// book notes that n bytes cross, and returns how long they have to wait.
func (p *pacer) book(now time.Time, n int) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	if p.free.Before(now) {
		p.free = now
	}
	wait := p.free.Sub(now)
	p.free = p.free.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	return min(wait, maxPause)
}

// chunk returns how many of up to n bytes should cross at once, so that something
// moves every second.
func (p *pacer) chunk(n int) int {
	if p.rate <= 0 || p.rate > int64(n) {
		return n
	}
	return int(p.rate)
}
