package staging

import (
	"os"
	"strings"
	"sync"

	"sesame/internal/descriptors"
	"sesame/tree/manifest"
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

// at returns the open directory that holds entry i, and the entry's name in
// it. The caller must release the handle.
func (t *Tree) at(i int32) (*handle, string, error) {
	path, e := t.m.Entries[i].Path, &t.entries[i]
	if e.parent < 0 {
		if placed := t.placedAs(e.top); placed != "" {
			return &handle{folder: t.dir}, placed, nil
		}
		return &handle{folder: t.tree}, t.shelf.name(e.top, path), nil
	}
	h, err := t.folder(e.parent)
	return h, path[strings.LastIndexByte(path, '/')+1:], err
}

// folder returns the directory that entry i is.
func (t *Tree) folder(i int32) (*handle, error) {
	c := &t.folders
	if h := c.find(i); h != nil {
		return h, nil
	}
	parent, name, err := t.at(i)
	if err != nil {
		return nil, err
	}
	d, err := parent.sub(name)
	t.release(parent)
	if err != nil {
		return nil, err
	}
	return c.insert(i, d), nil
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

func (t *Tree) release(h *handle) {
	if h == nil || !h.cached {
		return
	}
	t.folders.mu.Lock()
	h.refs--
	t.folders.mu.Unlock()
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

// openFile makes sure that f is open for writing, and closes another file if
// too many are. f.mu is held.
func (t *Tree) openFile(f *file) error {
	f.used.Store(t.tick.Add(1))
	if f.f != nil {
		return nil
	}
	if err := t.unplace(t.entries[f.index].top); err != nil {
		return err
	}
	opened, err := t.openOrCreate(f)
	if err != nil {
		return err
	}
	f.f, f.created, f.dirty = opened, true, true
	if t.m.Entries[f.index].Size != manifest.StreamSize { // of that nothing can be resumed
		t.touched.Store(true)
	}

	t.openMu.Lock()
	defer t.openMu.Unlock()
	for len(t.open) >= t.opts.OpenFiles && t.closeOldest() {
	}
	t.open = append(t.open, f)
	return nil
}

func (t *Tree) openOrCreate(f *file) (opened *os.File, err error) {
	if !f.created {
		err = maker{t}.make(f.index, func(d *folder, name string) error {
			opened, err = d.create(name, t.traits.firstPerm(t.m.Entries[f.index].Exec))
			return err
		})
		if err == nil && t.keepOwner {
			err = opened.Chmod(0o600)
		}
		return opened, err
	}
	h, name, err := t.at(f.index)
	if err != nil {
		return nil, err
	}
	defer t.release(h)
	opened, err = h.edit(name, true)
	if err != nil || f.dirty {
		return opened, err
	}
	// The first time that an adopted file is opened.
	if t.traits.chmod {
		err = opened.Chmod(0o600)
	}
	if size := t.m.Entries[f.index].Size; err == nil && f.stale > size && size != manifest.StreamSize {
		f.stale, err = size, opened.Truncate(size)
	}
	if err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// closeOldest closes the file that hasn't been used for longest, of those that
// nobody is writing to, and reports whether there is one. openMu is held.
func (t *Tree) closeOldest() bool {
	var oldest *file
	for _, f := range t.open {
		if oldest != nil && f.used.Load() >= oldest.used.Load() || !f.mu.TryLock() {
			continue
		}
		if f.active > 0 {
			f.mu.Unlock()
			continue
		}
		if oldest != nil {
			oldest.mu.Unlock()
		}
		oldest = f
	}
	if oldest == nil {
		return false
	}
	defer oldest.mu.Unlock()
	if err := t.forget(oldest); err != nil && oldest.err == nil {
		oldest.err = err
	}
	return true
}

// forget closes f. Its lock and openMu are held.
func (t *Tree) forget(f *file) error {
	if f.f == nil {
		return nil
	}
	for k, other := range t.open {
		if other == f {
			last := len(t.open) - 1
			t.open[k], t.open[last] = t.open[last], nil
			t.open = t.open[:last]
			break
		}
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// shut closes f, whose lock is held.
func (t *Tree) shut(f *file) error {
	t.openMu.Lock()
	defer t.openMu.Unlock()
	return t.forget(f)
}
