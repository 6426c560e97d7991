package tree

import (
	"maps"
	"slices"
	"sync"

	"sesame/tree/manifest"
)

// Losses is what the receiver's disk could not take of a tree that is whole but
// for that. The zero value is ready to be put into Options. It may be used by
// several goroutines.
type Losses struct {
	mu     sync.Mutex
	list   map[int]Loss // by index
	gone   []uint64     // bits: entries that are in the list, or below one that is
	unkept Unkept
}

// A Loss is an entry that can't be created on this disk. Of a directory it stands
// for all that is in it.
type Loss struct {
	Index int    // in the manifest
	Path  string // as in the manifest
	Why   manifest.Reason
}

// List returns what is not there, in the order of the manifest.
func (l *Losses) List() []Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Loss
	for _, i := range slices.Sorted(maps.Keys(l.list)) {
		all = append(all, l.list[i])
	}
	return all
}

// Has reports whether entry i, or a directory that it is in, is in the list.
func (l *Losses) Has(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return i>>6 < len(l.gone) && l.gone[i>>6]>>(i&63)&1 != 0
}

// Why returns why entry i is not there, if it is in the list.
func (l *Losses) Why(i int) (why manifest.Reason, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	loss, lost := l.list[i]
	return loss.Why, lost
}

// Unkept is what of all entries a disk doesn't keep. The zero value is nothing.
type Unkept struct {
	Times    bool // when files were last changed
	Programs bool // which files are programs
}

// Unkept says what of all entries the disk doesn't keep. It is known once the tree was
// begun.
func (l *Losses) Unkept() Unkept {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unkept
}

// KeepsNot adds to what Unkept says. It is for who writes a Store.
func (l *Losses) KeepsNot(what Unkept) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unkept.Times = l.unkept.Times || what.Times
	l.unkept.Programs = l.unkept.Programs || what.Programs
}

// Add notes one entry, in a manifest of n. It is for who writes a Store.
func (l *Losses) Add(n, i int, path string, why manifest.Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil {
		l.list = make(map[int]Loss)
	}
	l.list[i] = Loss{i, path, why}
	l.mark(n, i)
}

// Below notes entry i, in a manifest of n, which is in a directory that is lost.
func (l *Losses) Below(n, i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mark(n, i)
}

func (l *Losses) mark(n, i int) {
	if l.gone == nil {
		l.gone = make([]uint64, n/64+1)
	}
	l.gone[i>>6] |= 1 << (i & 63)
}
