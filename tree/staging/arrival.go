package staging

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"sesame/internal/ranges"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A file is an entry that is on its way: some of it is there.
type file struct {
	files *files
	index int32
	used  atomic.Uint64 // when it was last written to, in the pool's ticks

	mu      sync.Mutex
	arrival arrival
}

// An arrival is what a file's lock guards: who has it has the lock, until unlock.
type arrival struct {
	file    *file
	f       *os.File // nil while closed
	got     ranges.Set
	total   int64    // bytes in got
	size    int64    // manifest.StreamSize until it is known
	stale   int64    // bytes that lay there before: what isn't in got may hold anything
	active  int      // writes under way
	created bool     // there is something on disk
	dirty   bool     // what is on disk needs its size, mode and time set
	over    bool     // finished or failed
	dead    bool     // failed: to be removed by whoever writes last
	reach   int64    // of a stream: the guard has let it grow so far
	err     error    // from a close that had to come early
	early   *inOrder // where the disk wants it in order; nil while nothing was written
}

func (f *file) lock() *arrival {
	f.mu.Lock()
	return &f.arrival
}

// tryLock returns nil if somebody else has the arrival.
func (f *file) tryLock() *arrival {
	if !f.mu.TryLock() {
		return nil
	}
	return &f.arrival
}

func (a *arrival) unlock() { a.file.mu.Unlock() }

// aside lets others have the arrival while do runs.
func (a *arrival) aside(do func()) {
	a.unlock()
	defer a.file.lock()
	do()
}

func (a *arrival) entry() *manifest.Entry { return &a.file.files.shape.M.Entries[a.file.index] }

// open makes sure that the file is open for writing, and closes another one if too
// many are.
func (a *arrival) open() error {
	s := a.file.files
	s.pool.use(a.file)
	if a.f != nil {
		return nil
	}
	if err := s.names.unplace(s.shape.Tops[a.file.index]); err != nil {
		return err
	}
	opened, err := a.openOrCreate()
	if err != nil {
		return err
	}
	a.f, a.created, a.dirty = opened, true, true
	if a.entry().Size != manifest.StreamSize { // of that nothing can be resumed
		s.area.touched.Store(true)
	}
	s.pool.add(a)
	return nil
}

func (a *arrival) openOrCreate() (opened *os.File, err error) {
	s, p := a.file.files, a.file.files.area
	if !a.created {
		err = maker{s}.make(a.file.index, func(d *folder, name string) error {
			opened, err = d.create(name, p.traits.firstPerm(a.entry().Exec))
			return err
		})
		if err == nil && p.keepOwner {
			err = opened.Chmod(0o600)
		}
		return opened, err
	}
	h, name, err := s.at(a.file.index)
	if err != nil {
		return nil, err
	}
	defer s.folders.release(h)
	opened, err = h.edit(name, true)
	if err != nil || a.dirty {
		return opened, err
	}
	// The first time that an adopted file is opened.
	if p.traits.chmod {
		err = opened.Chmod(0o600)
	}
	if size := a.entry().Size; err == nil && a.stale > size && size != manifest.StreamSize {
		a.stale, err = size, opened.Truncate(size)
	}
	if err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// mayGrow refuses a range that ends behind a stream's end, that would make the
// bookkeeping too large, or for which there is no room.
func (a *arrival) mayGrow(end int64) error {
	s, e := a.file.files, a.entry()
	if a.size != manifest.StreamSize && end > a.size {
		return tree.Rangef("data up to %d of %q, which ends at %d", end, e.Path, a.size)
	}
	if a.got.Len() >= maxSpansFile || s.spans.Load() >= maxSpansTree {
		return tree.Rangef("too many separate ranges, now of %q", e.Path)
	}
	if e.Size != manifest.StreamSize || end <= a.reach {
		return nil
	}
	err := s.guard.grow(s.area.dir, e.Path, end-a.reach)
	if err == nil {
		a.reach = end
	}
	return err
}

// write writes p at off. Others may write meanwhile, unless the disk wants a file
// from its beginning to its end.
func (a *arrival) write(p []byte, off int64) (err error) {
	if a.file.files.area.traits.gaps {
		open := a.f
		a.aside(func() { _, err = open.WriteAt(p, off) })
		return err
	}
	for _, gap := range a.got.Gaps(off, off+int64(len(p))) {
		if err := a.inTurn().add(a.f, p[gap.Off-off:gap.End-off], gap.Off); err != nil {
			return err
		}
	}
	return nil
}

// inTurn returns what writes the file in order.
func (a *arrival) inTurn() *inOrder {
	if a.early == nil {
		dir := a.file.files.area.root // where what is early waits
		a.early = &inOrder{dir: dir, name: fmt.Sprintf("early.%d", a.file.index), ahead: make(map[int64]waitingPiece)}
	}
	return a.early
}

// count notes that [off, end) is there.
func (a *arrival) count(off, end int64) {
	if a.over {
		return
	}
	before := a.got.Len()
	fresh := a.got.Add(off, end)
	a.total += fresh
	a.file.files.ledger.Count(fresh)
	a.file.files.spans.Add(int64(a.got.Len() - before))
}

// settle finishes the file if it is whole and nobody is writing to it, and removes
// it if it has failed.
func (a *arrival) settle() error {
	switch {
	case a.active > 0:
		return nil
	case a.dead:
		return a.drop()
	case a.over || a.size == manifest.StreamSize || a.total != a.size:
		return nil
	}
	if err := a.finish(); err == errLost {
		a.abandon()
		return nil
	} else if a.tooBig(err) {
		return a.drop()
	} else if err != nil {
		return a.file.files.fault(tree.OpWriting, int(a.file.index), err)
	}
	a.leave(tree.Done)
	return nil
}

// finish gives a whole file its size, mode and time.
func (a *arrival) finish() error {
	if a.err != nil {
		return a.err
	}
	s, i := a.file.files, a.file.index
	if a.created && !a.dirty && s.entries[i].wanted {
		return nil
	}
	if err := a.open(); err != nil {
		return err
	}
	e := a.entry()
	if err := s.area.traits.complete(a.f, a.size, s.area.perm(e.Exec)); err != nil {
		return err
	}
	if err := s.pool.close(a); err != nil {
		a.err = err // written data may be lost: closing again won't tell
		return err
	}
	h, name, err := s.at(i)
	if err != nil {
		return err
	}
	defer s.folders.release(h)
	slot := s.take(int(i))
	slot.exists = true
	slot.release()
	return s.area.traits.setTime(h.folder, name, e.ModTime)
}

// leave ends the file's time in flight.
func (a *arrival) leave(as tree.State) {
	a.over = true
	a.early.close()
	a.file.files.spans.Add(-int64(a.got.Len()))
	a.got = ranges.Set{}
	a.file.files.end(int(a.file.index), as, a.size)
}

// drop removes a failed file once nobody writes to it.
func (a *arrival) drop() error {
	a.file.files.pool.close(a) // whatever it says, the data isn't wanted
	if !a.created {
		return nil
	}
	a.created = false
	return a.file.files.remove(int(a.file.index))
}

// abandon gives up the file, and takes off what of it was there.
func (a *arrival) abandon() {
	a.file.files.ledger.Count(-a.total)
	a.leave(tree.Failed)
}

// tooBig reports whether err, which came from writing, says that the disk can't
// have a file of that size, and makes it a Loss. A lone file isn't one: there is
// nothing else that could arrive. settle removes it.
func (a *arrival) tooBig(err error) bool {
	s := a.file.files
	if !tree.TooLarge(err) || len(s.entries) == 1 || a.over {
		return false
	}
	s.ledger.Lose(int(a.file.index), manifest.CauseDiskLarge)
	a.dead = true
	a.abandon()
	return true
}
