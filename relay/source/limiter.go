package relay

import (
	"time"

	"sesame/internal/tokens"
)

// A limiter says how often each source may do something: burst times at once,
// and then once every period; a source that counts several times, as a large
// network does, that many times as often. It remembers a bounded number of
// sources and forgets those first that have done nothing for longest. It has no
// clock and does no locking. Every operation takes constant time.
type limiter[K comparable] struct {
	burst  int
	period time.Duration
	left   *memory[K, tokens.Bucket] // of what a source may do
}

func newLimiter[K comparable](burst int, period time.Duration, most int) *limiter[K] {
	return &limiter[K]{burst, period, newMemory[K, tokens.Bucket](most)}
}

// allow reports whether source may do it now, and counts it if so.
func (l *limiter[K]) allow(source K, now time.Time) bool {
	if l.wait(source, 1, now) > 0 {
		l.touch(source)
		return false
	}
	l.spend(source, 1, now)
	return true
}

// wait returns how long it takes until a source that counts several times may
// do it, at most a period; 0 is now.
func (l *limiter[K]) wait(source K, times int, now time.Time) time.Duration {
	each := l.period / time.Duration(times)
	return l.left.peek(source).Wait(missing(l.burst*times, each), now)
}

// spend counts that source has done it.
func (l *limiter[K]) spend(source K, times int, now time.Time) {
	l.left.at(source).Take(l.period/time.Duration(times), now)
}

// touch says that source has tried.
func (l *limiter[K]) touch(source K) { l.left.at(source) }

// missing returns what may be missing of a burst so that there is one more, each of
// which comes back in a time.
func missing(burst int, each time.Duration) time.Duration { return time.Duration(burst-1) * each }
