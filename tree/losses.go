package tree

import (
	"maps"
	"slices"
	"sync"
)

// Losses is what the receiver's disk could not take of a tree that is whole but
// for that. The zero value is ready to be put into Options. It may be used by
// several goroutines.
type Losses struct {
	mu     sync.Mutex
	list   map[int]Loss // by index
	gone   []uint64     // bits: entries that are in the list, or below one that is
	unkept string
}

// A Loss is an entry that can't be created on this disk. Of a directory it stands
// for all that is in it.
type Loss struct {
	Index  int    // in the manifest
	Path   string // as in the manifest
	Reason string
}

// List returns what is not there, in the order of the manifest.
func (l *Losses) List() []Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Values(l.list), func(a, b Loss) int { return a.Index - b.Index })
}

// Has reports whether entry i, or a directory that it is in, is in the list.
func (l *Losses) Has(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return i>>6 < len(l.gone) && l.gone[i>>6]>>(i&63)&1 != 0
}

// Reason returns why entry i is not there, "" if it isn't in the list.
func (l *Losses) Reason(i int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[i].Reason
}

// Unkept says what of all entries the disk doesn't keep, such as "when files were
// last changed"; "" for nothing. It is known once the tree was begun.
func (l *Losses) Unkept() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unkept
}

// KeepsNot notes what Unkept says. It is for who writes a Store.
func (l *Losses) KeepsNot(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unkept = what
}

// Add notes one entry, in a manifest of n. It is for who writes a Store.
func (l *Losses) Add(n, i int, path, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil {
		l.list = make(map[int]Loss)
	}
	l.list[i] = Loss{i, path, reason}
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
