// Package tokens limits how often, or how fast, something is done. It is the one
// token bucket for all who need one.
//
// What is done costs time: the part of a second, or of a minute, that it uses up of
// what may be done in one. A bucket lets a burst be done at once, and then as much as
// time has passed:
//
//	each, burst := time.Minute/30, 5*time.Minute/30    // thirty a minute, five at once
//	if b.Allow(each, burst, time.Now()) { … }
//
//	pause := b.Wait(0, now)                            // 500 kB a second, no burst
//	b.Take(tokens.Bytes(n, 500_000), now)
//
// What a bucket lacks is kept as the time at which it is whole again, which needs no
// clock: the callers hand in theirs. Nothing is locked, but in a Shared one.
package tokens

import (
	"sync/atomic"
	"time"
)

// A Bucket is what one client, or one line, has left. The zero Bucket is whole.
type Bucket struct{ whole time.Time }

// Lack returns for how long the bucket isn't whole.
func (b Bucket) Lack(now time.Time) time.Duration { return max(0, b.whole.Sub(now)) }

// Wait returns how long it takes until the bucket lacks no more than burst.
func (b Bucket) Wait(burst time.Duration, now time.Time) time.Duration {
	return max(0, b.Lack(now)-burst)
}

// Take takes cost, even if it isn't there: then the next ones wait for it.
func (b *Bucket) Take(cost time.Duration, now time.Time) {
	if b.whole.Before(now) {
		b.whole = now
	}
	b.whole = b.whole.Add(cost)
}

// Allow reports whether cost can be taken of a bucket that holds burst, and takes it
// if so.
func (b *Bucket) Allow(cost, burst time.Duration, now time.Time) bool {
	if b.Wait(burst-cost, now) > 0 {
		return false
	}
	b.Take(cost, now)
	return true
}

// Return gives back what was taken, but never more than makes the bucket whole.
func (b *Bucket) Return(cost time.Duration) { b.whole = b.whole.Add(-cost) }

// Limit forgives what the bucket lacks beyond most.
func (b *Bucket) Limit(most time.Duration, now time.Time) {
	if b.Lack(now) > most {
		b.whole = now.Add(most)
	}
}

// Bytes returns what n bytes cost at a rate of bytes a second, which is above 0.
func Bytes(n, rate int64) time.Duration {
	return time.Duration(float64(n) / float64(rate) * float64(time.Second))
}

// A Shared bucket may be used concurrently, and takes no more memory than a number.
// The zero one is whole. Its times count from a beginning that its user has chosen.
type Shared struct{ whole atomic.Int64 }

// Allow is Bucket.Allow, so long after the beginning.
func (s *Shared) Allow(cost, burst, now time.Duration) bool {
	for {
		before := s.whole.Load()
		next := max(before, int64(now)) + int64(cost)
		if next > int64(now+burst) {
			return false
		}
		if s.whole.CompareAndSwap(before, next) {
			return true
		}
	}
}
