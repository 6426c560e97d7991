package relay

import "time"

// A limiter says how often each source may do something: burst times at once,
// and then once every period. It remembers a bounded number of sources and
// forgets those first that have done nothing for longest. It has no clock and
// does no locking. Every operation takes constant time.
type limiter[K comparable] struct {
	burst  int
	period time.Duration
	most   int

	sources map[K]*spender[K]
	// Spenders in a ring, through a head that is none: next is the one that
	// was last heard of, prev the one to forget.
	head spender[K]
}

// A spender is a source that has done something. What it has left is written
// as a time: the one at which its burst is whole again.
type spender[K comparable] struct {
	source     K
	full       time.Time
	prev, next *spender[K]
}

func newLimiter[K comparable](burst int, period time.Duration, most int) *limiter[K] {
	l := &limiter[K]{burst: burst, period: period, most: most, sources: make(map[K]*spender[K])}
	l.head.prev, l.head.next = &l.head, &l.head
	return l
}

// allow reports whether source may do it now, and counts it if so.
func (l *limiter[K]) allow(source K, now time.Time) bool {
	s := l.sources[source]
	switch {
	case s != nil:
		s.unlink()
	case len(l.sources) < l.most:
		s = &spender[K]{}
		l.sources[source] = s
	default:
		s = l.head.prev
		s.unlink()
		delete(l.sources, s.source)
		l.sources[source] = s
		s.full = time.Time{}
	}
	s.source = source
	s.prev, s.next = &l.head, l.head.next
	s.prev.next, s.next.prev = s, s
	if s.full.Before(now) {
		s.full = now
	}
	if s.full.Sub(now) > time.Duration(l.burst-1)*l.period {
		return false
	}
	s.full = s.full.Add(l.period)
	return true
}

func (s *spender[K]) unlink() { s.prev.next, s.next.prev = s.next, s.prev }
