package native

import "time"

// A bucket limits a rate: it holds tokens for bytes, which come with time. The
// zero value has no limit. It isn't safe for concurrent use.
type bucket struct {
	rate  int64 // bytes a second, 0 for no limit
	level int64 // tokens; below 0 after a record was let through in advance
	since time.Time
}

// chunk is the most that may be taken at once: what comes in a quarter of a
// second, so that a slow transfer is no sequence of bursts.
func (b *bucket) chunk() int64 {
	if b.rate == 0 {
		return maxChunk
	}
	return min(maxChunk, max(b.rate/4, 4<<10))
}

// wait returns how long nothing may be taken from now on.
func (b *bucket) wait(now time.Time) time.Duration {
	if b.rate == 0 {
		return 0
	}
	if b.since.IsZero() {
		b.since = now
	}
	if came := b.earned(now); came > 0 {
		b.level = min(b.level+came, b.chunk())
		b.since = now
	}
	if b.level >= 0 {
		return 0
	}
	return time.Duration(float64(-b.level) / float64(b.rate) * float64(time.Second))
}

// earned returns the tokens that came since b.since, without overflowing after
// a long time.
func (b *bucket) earned(now time.Time) int64 {
	passed := min(now.Sub(b.since), 10*time.Second)
	return int64(passed.Seconds() * float64(b.rate))
}

// take uses n tokens, when wait has returned 0.
func (b *bucket) take(n int64) {
	if b.rate != 0 {
		b.level -= n
	}
}
