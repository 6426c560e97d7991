package staging

import (
	"sync"

	"sesame/internal/descriptors"
)

// maxFolders bounds the directories that are kept open, where the process may have
// many.
const maxFolders = 64

// folderCache keeps the directories that were used last open, so that a file
// deep in the tree costs one call to open.
type folderCache struct {
	mu   sync.Mutex
	open map[int32]*handle
	tick uint64
}

// A handle is an open directory of the tree. refs and used belong to the
// cache; a handle that no cache holds has none.
type handle struct {
	*folder
	cached bool
	refs   int
	used   uint64
}

func (c *folderCache) find(i int32) *handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.open[i]
	if h != nil {
		c.tick++
		h.refs, h.used = h.refs+1, c.tick
	}
	return h
}

// insert adds d, unless another goroutine was faster, and drops the directory
// that hasn't been used for longest.
func (c *folderCache) insert(i int32, d *folder) *handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick++
	if h := c.open[i]; h != nil {
		d.close()
		h.refs, h.used = h.refs+1, c.tick
		return h
	}
	for len(c.open) >= descriptors.Share(maxFolders) {
		oldest := int32(-1)
		for k, h := range c.open {
			if h.refs == 0 && (oldest < 0 || h.used < c.open[oldest].used) {
				oldest = k
			}
		}
		if oldest < 0 {
			break
		}
		c.open[oldest].close()
		delete(c.open, oldest)
	}
	if c.open == nil {
		c.open = make(map[int32]*handle)
	}
	h := &handle{folder: d, cached: true, refs: 1, used: c.tick}
	c.open[i] = h
	return h
}

func (c *folderCache) release(h *handle) {
	if h == nil || !h.cached {
		return
	}
	c.mu.Lock()
	h.refs--
	c.mu.Unlock()
}

// close closes what is kept. Nothing may be in use.
func (c *folderCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.open {
		h.close()
	}
	c.open = nil
}
