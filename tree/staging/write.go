package staging

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"sesame/internal/ranges"
	"sesame/tree/manifest"
)

// A file is an entry that is on its way: some of it is there.
type file struct {
	index int32
	used  atomic.Uint64 // when it was last written to, in the tree's ticks

	mu      sync.Mutex
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

// begin opens a call about file i. If err is nil the caller must call t.end.
func (t *Tree) begin(i int) error {
	t.life.RLock()
	var err error
	switch {
	case t.closed || t.frozen:
		err = ErrClosed
	case i < 0 || i >= len(t.entries):
		err = rangeError("entry %d of %d", i, len(t.entries))
	case t.m.Entries[i].Kind != manifest.File:
		err = rangeError("data for %q, which is no file", t.m.Entries[i].Path)
	default:
		return nil
	}
	t.life.RUnlock()
	return err
}

func (t *Tree) end() { t.life.RUnlock() }

// inFlight returns the file of entry i, nil if it is finished or has failed.
func (t *Tree) inFlight(i int) *file {
	mu := t.shard(i)
	mu.Lock()
	defer mu.Unlock()
	e := &t.entries[i]
	if e.state == waiting {
		e.state = flying
		e.file = &file{index: int32(i), size: t.m.Entries[i].Size, created: e.exists}
		if e.exists {
			e.file.stale = t.disk[i]
		}
	}
	return e.file
}

// checkRange refuses what lies outside of entry i.
func (t *Tree) checkRange(i int, off, n int64) error {
	e := &t.m.Entries[i]
	limit := e.Size
	if limit == manifest.StreamSize {
		limit = 1 << 62
	}
	if off < 0 || n < 0 || off > limit || n > limit-off {
		return rangeError("%d bytes at %d of %q (%d bytes)", n, off, e.Path, e.Size)
	}
	return nil
}

// WriteAt writes p at offset off of file i. Ranges may come in any order,
// overlap and repeat: each byte counts once. The call that brings the last one
// finishes the file. Data for an entry that is finished or has failed is
// dropped. p isn't kept.
//
// It returns a *DiskError if the disk refuses, and an error that wraps ErrRange
// if the manifest has no such range.
func (t *Tree) WriteAt(i int, off int64, p []byte) error {
	if err := t.begin(i); err != nil {
		return err
	}
	defer t.end()
	return t.writeAt(i, off, p)
}

func (t *Tree) writeAt(i int, off int64, p []byte) error {
	end := off + int64(len(p))
	if err := t.checkRange(i, off, int64(len(p))); err != nil || len(p) == 0 {
		return err
	}
	f := t.inFlight(i)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := t.mayGrow(f, end); err != nil || f.over {
		return err
	}
	if f.got.Covers(off, end) {
		return t.settle(f)
	}
	if err := t.openFile(f); err == errLost {
		maker{t}.abandon(f)
		return nil
	} else if err != nil {
		return t.diskError("creating", i, err)
	}
	open := f.f
	f.active++
	if err := f.write(&t.traits, t.root, p, off); err != nil {
		f.active--
		f.stale = max(f.stale, end) // part of it may be there
		if (maker{t}).tooBig(f, err) {
			return t.settle(f)
		}
		return errors.Join(t.diskError("writing", i, err), t.settle(f))
	}
	t.count(f, off, end)
	if from := off - off%writeBehind; !t.opts.NoSync && f.got.Covers(from, from+writeBehind) {
		f.mu.Unlock()
		startWriting(open, from, writeBehind)
		f.mu.Lock()
	}
	f.active--
	return t.settle(f)
}

// write writes p at off. f.mu is held, but not while the disk works, unless that
// wants a file from its beginning to its end. dir is where what is early waits.
func (f *file) write(k *traits, dir *folder, p []byte, off int64) error {
	if k.gaps {
		open := f.f
		f.mu.Unlock()
		defer f.mu.Lock()
		_, err := open.WriteAt(p, off)
		return err
	}
	for _, gap := range f.got.Gaps(off, off+int64(len(p))) {
		if err := f.inTurn(dir).add(f.f, p[gap.Off-off:gap.End-off], gap.Off); err != nil {
			return err
		}
	}
	return nil
}

// writeBehind is how much of a file comes together before the disk is told to
// begin: at the end there is little left to wait for. doc/native.md §7.5.
const writeBehind = 8 << 20

// mayGrow refuses a range that ends behind a stream's end, that would make the
// bookkeeping too large, or for which there is no room. f.mu is held.
func (t *Tree) mayGrow(f *file, end int64) error {
	path := t.m.Entries[f.index].Path
	if f.size != manifest.StreamSize && end > f.size {
		return rangeError("data up to %d of %q, which ends at %d", end, path, f.size)
	}
	if f.got.Len() >= maxSpansFile || t.spans.Load() >= maxSpansTree {
		return rangeError("too many separate ranges, now of %q", path)
	}
	if t.m.Entries[f.index].Size != manifest.StreamSize || end <= f.reach {
		return nil
	}
	err := t.guard.grow(t.dir, path, end-f.reach)
	if err == nil {
		f.reach = end
	}
	return err
}

// count notes that [off, end) is there. f.mu is held.
func (t *Tree) count(f *file, off, end int64) {
	if f.over {
		return
	}
	before := f.got.Len()
	fresh := f.got.Add(off, end)
	f.total += fresh
	t.written.Add(fresh)
	t.spans.Add(int64(f.got.Len() - before))
}

// settle finishes f if it is whole and nobody is writing to it, and removes it
// if it has failed. f.mu is held.
func (t *Tree) settle(f *file) error {
	switch {
	case f.active > 0:
		return nil
	case f.dead:
		return t.drop(f)
	case f.over || f.size == manifest.StreamSize || f.total != f.size:
		return nil
	}
	if err := t.finish(f); err == errLost {
		maker{t}.abandon(f)
		return nil
	} else if (maker{t}).tooBig(f, err) {
		return t.drop(f)
	} else if err != nil {
		return t.diskError("writing", int(f.index), err)
	}
	t.leave(f, done)
	return nil
}

// finish gives a whole file its size, mode and time.
func (t *Tree) finish(f *file) error {
	if f.err != nil {
		return f.err
	}
	mu, e := t.shard(int(f.index)), &t.entries[f.index]
	if f.created && !f.dirty && e.wanted {
		return nil
	}
	if err := t.openFile(f); err != nil {
		return err
	}
	entry := &t.m.Entries[f.index]
	if err := t.traits.complete(f.f, f.size, t.perm(entry.Exec)); err != nil {
		return err
	}
	if err := t.shut(f); err != nil {
		f.err = err // written data may be lost: closing again won't tell
		return err
	}
	h, name, err := t.at(f.index)
	if err != nil {
		return err
	}
	defer t.release(h)
	mu.Lock()
	e.exists = true
	mu.Unlock()
	return t.traits.setTime(h.folder, name, entry.ModTime)
}

// leave ends f's time in flight.
func (t *Tree) leave(f *file, s state) {
	f.over = true
	f.early.close()
	if s == done {
		t.noteEnd(int(f.index), f.size)
	}
	t.spans.Add(-int64(f.got.Len()))
	f.got = ranges.Set{}
	mu := t.shard(int(f.index))
	mu.Lock()
	defer mu.Unlock()
	t.entries[f.index].state, t.entries[f.index].file = s, nil
	t.pending.Add(-1)
}

// noteEnd remembers the size of a stream, which the manifest doesn't have.
func (t *Tree) noteEnd(i int, size int64) {
	if t.m.Entries[i].Size != manifest.StreamSize {
		return
	}
	t.rareMu.Lock()
	defer t.rareMu.Unlock()
	if t.ended == nil {
		t.ended = make(map[int]int64)
	}
	t.ended[i] = size
}

// perm returns the mode that a finished file gets. Its owner may always read
// and write it, even if the umask says otherwise.
func (t *Tree) perm(exec bool) uint32 {
	return fullPerm(exec) &^ t.umask
}
