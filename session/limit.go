package session

import (
	"time"

	"sesame/internal/tokens"
)

// A bucket limits a rate. The zero value has no limit. It isn't safe for concurrent
// use.
type bucket struct {
	rate  int64 // bytes a second, 0 for no limit
	left  tokens.Bucket
	begun bool
	now   time.Time // of the last wait
}

// chunk is the most that may be taken at once: what comes in a quarter of a
// second, so that a slow transfer is no sequence of bursts.
func (b *bucket) chunk() int64 {
	if b.rate == 0 {
		return MaxChunk
	}
	return min(MaxChunk, max(b.rate/4, 4<<10))
}

// wait returns how long nothing may be taken from now on. The bucket holds a chunk,
// and begins without it.
func (b *bucket) wait(now time.Time) time.Duration {
	if b.rate == 0 {
		return 0
	}
	burst := tokens.Bytes(b.chunk(), b.rate)
	if b.now = now; !b.begun {
		b.begun = true
		b.left.Take(burst, now)
	}
	return b.left.Wait(burst, now)
}

// take uses n bytes, when wait has returned 0. A record that is larger than what
// there is is let through in advance.
func (b *bucket) take(n int64) {
	if b.rate != 0 {
		b.left.Take(tokens.Bytes(n, b.rate), b.now)
	}
}
