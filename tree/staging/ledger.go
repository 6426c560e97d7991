package staging

import (
	"sync"
	"sync/atomic"

	"sesame/tree/manifest"
)

// A ledger is what is known of each entry without a look at the disk: what is done,
// has failed, or ended, and what is lost. Its methods may be called by several
// goroutines at once.
type ledger struct {
	shape   *shape
	losses  *Losses
	written atomic.Int64 // bytes
	pending atomic.Int64 // files neither finished nor failed

	mu     sync.Mutex
	states []state
	failed map[int]string // reasons
	ended  map[int]int64  // sizes of finished streams
}

type state uint8

const (
	waiting state = iota
	flying        // some of it is there
	done
	failed
)

// newLedger begins with the files that have data waiting, and all else done.
func newLedger(s *shape, losses *Losses) *ledger {
	l := &ledger{shape: s, losses: losses, states: make([]state, len(s.m.Entries))}
	for i := range s.m.Entries {
		e := &s.m.Entries[i]
		l.states[i] = done
		if e.Kind == manifest.File && e.Size != 0 {
			l.states[i] = waiting
			l.pending.Add(1)
		}
		if e.Kind == manifest.Link && !safeTarget(e.Path, e.Target) {
			l.lose(i, badLink)
		}
	}
	return l
}

func (l *ledger) state(i int) state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.states[i]
}

// begin notes that something of entry i is there, if it was waiting.
func (l *ledger) begin(i int) (began bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] != waiting {
		return false
	}
	l.states[i] = flying
	return true
}

// end notes that entry i is done, or has failed, and of a stream how long it was.
func (l *ledger) end(i int, s state, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] == waiting || l.states[i] == flying {
		l.pending.Add(-1)
	}
	l.states[i] = s
	if s != done || l.shape.m.Entries[i].Size != manifest.StreamSize {
		return
	}
	if l.ended == nil {
		l.ended = make(map[int]int64)
	}
	l.ended[i] = size
}

// undo has entry i fail that is done. Its bytes are taken off again.
func (l *ledger) undo(i int) (undone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] != done {
		return false
	}
	l.states[i] = failed
	size := l.shape.m.Entries[i].Size
	if size == manifest.StreamSize {
		size = l.ended[i]
	}
	l.written.Add(-size)
	return true
}

// count adds bytes that are there, or takes them off.
func (l *ledger) count(n int64) { l.written.Add(n) }

// complete reports whether every file is done or has failed.
func (l *ledger) complete() bool { return l.pending.Load() == 0 }

// fail notes why entry i failed. The first reason counts.
func (l *ledger) fail(i int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = make(map[int]string)
	}
	if _, ok := l.failed[i]; !ok {
		l.failed[i] = reason
	}
}

// reason returns why entry i failed or is lost; "" if neither.
func (l *ledger) reason(i int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if reason, ok := l.failed[i]; ok {
		return reason
	}
	return l.losses.Reason(i)
}

// gone reports whether entry i, or a directory that it is in, has failed or is lost.
func (l *ledger) gone(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.failed[i]
	return ok || l.losses.Has(i)
}

// lose makes entry i a Loss.
func (l *ledger) lose(i int, reason string) {
	l.losses.Add(len(l.states), i, l.shape.m.Entries[i].Path, reason)
}

// loseBelow gives up entry i if it is in a directory that is lost.
func (l *ledger) loseBelow(i int) (lost bool) {
	parent := l.shape.parents[i]
	if parent < 0 || !l.losses.Has(int(parent)) {
		return false
	}
	l.losses.Below(len(l.states), i)
	l.end(i, failed, 0)
	return true
}
