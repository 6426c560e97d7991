package bolt

import (
	"sync"
	"time"

	"sesame/relay/store"
)

// lives are shared by who writes and who reads.
type lives struct {
	mu sync.RWMutex
	of store.Lives
}

func (l *lives) over(k store.Key, now time.Time) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of.Over(k, now)
}

// ended returns records whose lives are over, so many at most.
func (l *lives) ended(now time.Time, most int) []store.Key {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of.Ended(now, most)
}

// apply notes what a transaction has changed: when records end, or the zero time for
// those that are no more.
func (l *lives) apply(changed map[store.Key]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, at := range changed {
		if at.IsZero() {
			l.of.Drop(k)
		} else {
			l.of.Set(k, at)
		}
	}
}
