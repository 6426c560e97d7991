package classic

import (
	"time"

	"sesame/internal/tokens"
)

// A pacer keeps a rate. The zero value has no limit.
type pacer struct {
	rate   int64 // bytes a second
	booked tokens.Bucket
}

// maxPause keeps a very slow receiver from looking dead.
const maxPause = 30 * time.Second

// book notes that n bytes cross, and returns how long they have to wait.
func (p *pacer) book(now time.Time, n int) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	wait := p.booked.Wait(0, now)
	p.booked.Take(tokens.Bytes(int64(n), p.rate), now)
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
