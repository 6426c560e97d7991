package tree

import (
	"sync"
	"sync/atomic"

	"sesame/tree/manifest"
)

// A Ledger is what is known of each entry without a look at the disk: what is done,
// has failed, or ended, and what is lost. It is for who writes a Store. Its methods
// may be called by several goroutines at once.
type Ledger struct {
	shape   *Shape
	Losses  *Losses
	written atomic.Int64 // bytes
	pending atomic.Int64 // files neither finished nor failed

	mu     sync.Mutex
	states []State
	failed map[int]manifest.Reason
	ended  map[int]int64 // sizes of finished streams
}

// A State is how far a file is. What is no file, or has no data, is Done.
type State uint8

const (
	Waiting State = iota
	Flying        // some of it is there
	Done
	Failed // or lost
)

// NewLedger begins with the files that have data waiting, and all else done.
func NewLedger(s *Shape, losses *Losses) *Ledger {
	l := &Ledger{shape: s, Losses: losses, states: make([]State, len(s.M.Entries))}
	for i := range s.M.Entries {
		e := &s.M.Entries[i]
		l.states[i] = Done
		if e.Kind == manifest.File && e.Size != 0 {
			l.states[i] = Waiting
			l.pending.Add(1)
		}
		if e.Kind == manifest.Link && !safeTarget(e.Path, e.Target) {
			l.Lose(i, manifest.CauseDiskLeads)
		}
	}
	return l
}

// State returns how far entry i is.
func (l *Ledger) State(i int) State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.states[i]
}

// Begin notes that something of entry i is there, if it was waiting.
func (l *Ledger) Begin(i int) (began bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] != Waiting {
		return false
	}
	l.states[i] = Flying
	return true
}

// End notes that entry i is done, or has failed, and of a stream how long it was.
func (l *Ledger) End(i int, s State, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] == Waiting || l.states[i] == Flying {
		l.pending.Add(-1)
	}
	l.states[i] = s
	if s != Done || l.shape.M.Entries[i].Size != manifest.StreamSize {
		return
	}
	if l.ended == nil {
		l.ended = make(map[int]int64)
	}
	l.ended[i] = size
}

// Undo has entry i fail that is done. Its bytes are taken off again.
func (l *Ledger) Undo(i int) (undone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states[i] != Done {
		return false
	}
	l.states[i] = Failed
	size := l.shape.M.Entries[i].Size
	if size == manifest.StreamSize {
		size = l.ended[i]
	}
	l.written.Add(-size)
	return true
}

// Count adds bytes that are there, or takes them off.
func (l *Ledger) Count(n int64) { l.written.Add(n) }

// Written returns how many bytes are there.
func (l *Ledger) Written() int64 { return l.written.Load() }

// Complete reports whether every file is done or has failed.
func (l *Ledger) Complete() bool { return l.pending.Load() == 0 }

// Fail notes why entry i failed. The first reason counts.
func (l *Ledger) Fail(i int, why manifest.Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = make(map[int]manifest.Reason)
	}
	if _, ok := l.failed[i]; !ok {
		l.failed[i] = why
	}
}

// Why returns why entry i failed or is lost, if it did or is.
func (l *Ledger) Why(i int) (why manifest.Reason, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if why, failed = l.failed[i]; failed {
		return why, true
	}
	return l.Losses.Why(i)
}

// Gone reports whether entry i, or a directory that it is in, has failed or is lost.
func (l *Ledger) Gone(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.failed[i]
	return ok || l.Losses.Has(i)
}

// Lose makes entry i a Loss.
func (l *Ledger) Lose(i int, why manifest.Cause) {
	l.Losses.Add(len(l.states), i, l.shape.M.Entries[i].Path, manifest.Because(why))
}

// LoseBelow gives up entry i if it is in a directory that is lost.
func (l *Ledger) LoseBelow(i int) (lost bool) {
	parent := l.shape.Parents[i]
	if parent < 0 || !l.Losses.Has(int(parent)) {
		return false
	}
	l.Losses.Below(len(l.states), i)
	l.End(i, Failed, 0)
	return true
}
