package relay

import "time"

// A limiter says how often each source may do something: burst times at once,
// and then once every period; a source that counts several times, as a large
// network does, that many times as often. It remembers a bounded number of
// sources and forgets those first that have done nothing for longest. It has no
// clock and does no locking. Every operation takes constant time.
type limiter[K comparable] struct {
	burst  int
	period time.Duration
	// What a source has left is written as a time: the one at which its burst is
	// whole again.
	whole *memory[K, time.Time]
}

func newLimiter[K comparable](burst int, period time.Duration, most int) *limiter[K] {
	return &limiter[K]{burst, period, newMemory[K, time.Time](most)}
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
	return due(l.whole.peek(source), l.burst*times, l.period/time.Duration(times), now)
}

// spend counts that source has done it.
func (l *limiter[K]) spend(source K, times int, now time.Time) {
	whole := l.whole.at(source)
	*whole = spent(*whole, l.period/time.Duration(times), now)
}

// touch says that source has tried.
func (l *limiter[K]) touch(source K) { l.whole.at(source) }

// due returns how long it takes until one more can be had of a burst that is
// whole again at a time.
func due(whole time.Time, burst int, period time.Duration, now time.Time) time.Duration {
	if whole.Before(now) {
		whole = now
	}
	return max(0, whole.Sub(now)-time.Duration(burst-1)*period)
}

// spent returns when a burst is whole again of which one more was had.
func spent(whole time.Time, period time.Duration, now time.Time) time.Time {
	if whole.Before(now) {
		whole = now
	}
	return whole.Add(period)
}
