package staging

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"sesame/tree"
)

// maxSpans bounds the separate written ranges of one file, and of all files
// together: a sender that writes every other byte gets an error, not memory.
const (
	maxSpansFile = 1 << 17
	maxSpansTree = 1 << 20
)

// A files is what lies on the disk of each entry, and the way to it. Several
// goroutines may write different entries, or one, at once.
type files struct {
	shape  *tree.Shape
	area   *area
	ledger *tree.Ledger
	names  *naming

	entries []entry
	shards  [64]sync.Mutex
	disk    []int64 // bytes found on disk, by entry; nil if nothing was adopted

	folders folderCache
	pool    pool
	guard   streamGuard
	spans   atomic.Int64 // ranges remembered by files in flight
}

// An entry is what is on disk of one manifest entry.
type entry struct {
	exists bool  // something
	wanted bool  // it has the right size, mode and time
	file   *file // while in flight
}

// A slot is an entry that nobody else has until release.
type slot struct {
	*entry
	mu *sync.Mutex
}

func newFiles(s *tree.Shape, p *area, l *tree.Ledger, n *naming) *files {
	return &files{shape: s, area: p, ledger: l, names: n, entries: make([]entry, len(s.M.Entries)), pool: pool{most: p.opts.OpenFiles}}
}

// take waits for entry i.
func (s *files) take(i int) slot {
	mu := &s.shards[i%len(s.shards)]
	mu.Lock()
	return slot{&s.entries[i], mu}
}

func (e slot) release() { e.mu.Unlock() }

// inFlight returns the file of entry i, nil if it is finished or has failed.
func (s *files) inFlight(i int) *file {
	e := s.take(i)
	defer e.release()
	if e.file == nil && s.ledger.Begin(i) {
		e.file = &file{files: s, index: int32(i)}
		e.file.arrival = arrival{file: e.file, size: s.shape.M.Entries[i].Size, created: e.exists}
		if e.exists {
			e.file.arrival.stale = s.disk[i]
		}
	}
	return e.file
}

// at returns the open directory that holds entry i, and the entry's name in
// it. The caller must release the handle.
func (s *files) at(i int32) (*handle, string, error) {
	parent := s.shape.Parents[i]
	if parent < 0 {
		d, name := s.names.where(s.shape.Tops[i])
		return &handle{folder: d}, name, nil
	}
	h, err := s.folder(parent)
	return h, baseName(s.shape.M.Entries[i].Path), err
}

// folder returns the directory that entry i is.
func (s *files) folder(i int32) (*handle, error) {
	if h := s.folders.find(i); h != nil {
		return h, nil
	}
	parent, name, err := s.at(i)
	if err != nil {
		return nil, err
	}
	d, err := parent.sub(name)
	s.folders.release(parent)
	if err != nil {
		return nil, err
	}
	return s.folders.insert(i, d), nil
}

// remove removes what there is of entry i.
func (s *files) remove(i int) error {
	if err := s.names.unplace(s.shape.Tops[i]); err != nil {
		return s.fault(tree.OpRemoving, i, err)
	}
	h, name, err := s.at(int32(i))
	if err == nil {
		err = h.remove(name)
		s.folders.release(h)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.fault(tree.OpRemoving, i, err)
	}
	return nil
}

// fault wraps err, which came from doing op to entry i.
func (s *files) fault(op tree.Op, i int, err error) error {
	return s.area.fault(op, s.shape.M.Entries[i].Path, err)
}

// inPlace reports whether entry i is at its final place.
func (s *files) inPlace(i int) bool { return s.names.placed(s.shape.Tops[i]) != "" }

// reset forgets what was found on the disk.
func (s *files) reset() {
	s.folders.close()
	s.names.reset()
	s.disk = nil
	for i := range s.entries {
		s.entries[i].exists, s.entries[i].wanted = false, false
	}
}

// close closes the files in flight and returns the first error: some file systems
// report a full disk only then. Nothing may be in use.
func (s *files) close() error {
	var first error
	s.pool.closeAll(func(f *file, err error) {
		if first == nil {
			first = s.fault(tree.OpWriting, int(f.index), err)
		}
	})
	if s.area.traits.gaps {
		return first
	}
	for i := range s.entries {
		if f := s.entries[i].file; f != nil {
			a := f.lock()
			a.early.close()
			a.unlock()
		}
	}
	return first
}

// end forgets the file of entry i, which is done or has failed.
func (s *files) end(i int, as tree.State, size int64) {
	e := s.take(i)
	defer e.release()
	e.file = nil
	s.ledger.End(i, as, size)
}

// cover notes that entry i needs no data, of which n bytes count as written.
func (s *files) cover(i int, n int64) error {
	e := s.take(i)
	defer e.release()
	if s.ledger.State(i) != tree.Waiting {
		return tree.Rangef("entry %d both kept and written", i)
	}
	if e.exists { // too little of it to go on with
		if err := s.remove(i); err != nil {
			return err
		}
		e.exists, e.wanted = false, false
	}
	s.ledger.End(i, tree.Done, n)
	s.ledger.Count(n)
	return nil
}
