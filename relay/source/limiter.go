package source

import (
	"net/netip"
	"time"

	"sesame/internal/tokens"
)

// A Limiter says how often each of those that have a key may do something: burst times
// at once, and then once every period; one that counts several times, as a large
// network does, that many times as often. It remembers a bounded number of
// them and forgets those first that have done nothing for longest.
type Limiter[K comparable] struct {
	burst  int
	period time.Duration
	left   *Memory[K, tokens.Bucket] // of what each may do
}

// NewLimiter returns a Limiter that remembers that many.
func NewLimiter[K comparable](burst int, period time.Duration, most int) *Limiter[K] {
	return &Limiter[K]{burst, period, NewMemory[K, tokens.Bucket](most)}
}

// Resize changes how often they may do it from now on.
func (l *Limiter[K]) Resize(burst int, period time.Duration) { l.burst, l.period = burst, period }

// Allow reports whether it may be done now, and counts it if so.
func (l *Limiter[K]) Allow(key K, now time.Time) bool {
	if l.wait(key, 1, now) > 0 {
		l.touch(key)
		return false
	}
	l.spend(key, 1, now)
	return true
}

// Spent returns which part of a burst is used up, 0 to 1.
func (l *Limiter[K]) Spent(key K, now time.Time) float64 {
	return float64(l.left.Peek(key).Lack(now)) / float64(time.Duration(l.burst)*l.period)
}

// wait returns how long it takes until who counts several times may do it, at most a
// period; 0 is now.
func (l *Limiter[K]) wait(key K, times int, now time.Time) time.Duration {
	each := l.period / time.Duration(times)
	return l.left.Peek(key).Wait(Missing(l.burst*times, each), now)
}

// spend counts that it has been done.
func (l *Limiter[K]) spend(key K, times int, now time.Time) {
	l.left.At(key).Take(l.period/time.Duration(times), now)
}

// touch says that it has been tried.
func (l *Limiter[K]) touch(key K) { l.left.At(key) }

// Missing returns what may be missing of a burst so that there is one more, each of
// which comes back in a time.
func Missing(burst int, each time.Duration) time.Duration { return time.Duration(burst-1) * each }

// A Rate says how often sources may do something.
type Rate struct{ *Limiter[netip.Prefix] }

// NewRate is NewLimiter for sources.
func NewRate(burst int, period time.Duration, remembered int) Rate {
	return Rate{NewLimiter[netip.Prefix](burst, period, remembered)}
}

// Allow reports whether s may do it now, and counts it if so.
func (r Rate) Allow(s Source, now time.Time) bool {
	for n, times := range s.Networks {
		if r.wait(n, times, now) > 0 {
			r.touch(n)
			return false
		}
	}
	for n, times := range s.Networks {
		r.spend(n, times, now)
	}
	return true
}
