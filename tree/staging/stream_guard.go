package staging

import (
	"math"
	"sync"
	"syscall"

	"sesame/tree"
)

// A streamGuard looks at how much room is left while files grow whose size was
// never announced, so that nobody said yes to it: they end before the disk is
// full. The zero value is ready; its methods may be called by several goroutines.
//
// Source: doc/native.md §7.7.
type streamGuard struct {
	mu    sync.Mutex
	asked bool
	keep  uint64 // bytes that stay free
	left  int64  // bytes that may be written before it looks again
}

const (
	// One part in keepPart of what was free, or keepMost if that is less, is
	// left to others.
	keepPart = 20
	keepMost = 1 << 30
	// It looks again after so many bytes at most.
	guardEvery = 64 << 20
)

// grow returns a *tree.DiskError if n bytes more of path, in d, would leave too little.
func (g *streamGuard) grow(d *folder, path string, n int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left -= n; g.left >= 0 {
		return nil
	}
	free, _, _ := d.space()
	if free == math.MaxUint64 {
		g.left = guardEvery
		return nil
	}
	if !g.asked {
		g.asked, g.keep = true, min(free/keepPart, keepMost)
	}
	room := int64(min(free-min(free, g.keep), math.MaxInt64))
	if n > room {
		return &tree.DiskError{Op: tree.OpWriting, Path: path, Free: free, Lacks: tree.LackBytes, Err: syscall.ENOSPC, Discarded: true}
	}
	// What was written since may not be allocated yet, so it looks long before
	// the room is used up.
	g.left = min(room-n, guardEvery, room/4)
	return nil
}
