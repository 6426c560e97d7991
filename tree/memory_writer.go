package tree

import (
	"context"
	"sync"

	"sesame/internal/ranges"
	"sesame/tree/manifest"
)

// maxRanges bounds the separate written ranges of one file, and of all files of a
// tree together.
const (
	maxRangesFile = 1 << 17
	maxRangesTree = 1 << 20
)

// A memoryWriter is a Writer of a Memory.
type memoryWriter struct {
	store  *Memory
	shape  *Shape
	ledger *Ledger
	opts   Options

	mu sync.Mutex
	arriving
}

// An arriving is what the writer's lock guards.
type arriving struct {
	files  []memoryFile // by entry
	spans  int          // in all files
	placed bool         // and closed
	closed bool
}

// A memoryFile is one file while it arrives.
type memoryFile struct {
	blob  *blob // nil while nothing is there
	got   ranges.Set
	total int64 // bytes in got
	size  int64 // manifest.StreamSize until it is known
	found int64 // from the beginning, of an earlier run
}

func newMemoryWriter(s *Memory, shape *Shape, o Options) *memoryWriter {
	if o.Losses == nil {
		o.Losses = new(Losses)
	}
	w := &memoryWriter{store: s, shape: shape, opts: o, ledger: NewLedger(shape, o.Losses)}
	w.files = make([]memoryFile, len(shape.M.Entries))
	for i := range w.files {
		w.files[i].size = shape.M.Entries[i].Size
	}
	return w
}

// adopt takes what an earlier run left, and drops what isn't listed any more.
func (w *memoryWriter) adopt(left map[string]*blob) {
	for i := range w.files {
		e, f := &w.shape.M.Entries[i], &w.files[i]
		b := left[e.Path]
		if b == nil || e.Kind != manifest.File || e.Size <= 0 {
			continue
		}
		if b.size > e.Size {
			w.store.shelf.used -= b.cut(e.Size)
		}
		f.blob, f.found = b, b.size
		delete(left, e.Path)
	}
	for _, b := range left {
		w.store.shelf.used -= b.taken()
	}
}

// on calls do with file i, while nobody else has it.
func (w *memoryWriter) on(i int, do func(f *memoryFile) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.placed {
		return ErrClosed
	}
	if err := w.shape.CheckFile(i); err != nil {
		return err
	}
	return do(&w.files[i])
}

// over reports whether nothing is wanted of file i any more.
func (w *memoryWriter) over(i int) bool {
	w.ledger.Begin(i)
	return w.ledger.State(i) != Flying
}

// WriteAt is Writer's.
func (w *memoryWriter) WriteAt(i int, off int64, p []byte) error {
	return w.on(i, func(f *memoryFile) error { return w.writeAt(i, f, off, p) })
}

func (w *memoryWriter) writeAt(i int, f *memoryFile, off int64, p []byte) error {
	end := off + int64(len(p))
	if err := w.shape.CheckRange(i, off, int64(len(p))); err != nil || len(p) == 0 || w.over(i) {
		return err
	}
	if err := w.mayGrow(i, f, end); err != nil || f.got.Covers(off, end) {
		return err
	}
	if f.blob == nil {
		f.blob = new(blob)
	}
	if err := w.store.write(w.shape.M.Entries[i].Path, f.blob, p, off); err != nil {
		return err
	}
	w.count(i, f, off, end)
	return nil
}

// mayGrow refuses what ends behind a stream's end, or would make the bookkeeping
// too large.
func (w *memoryWriter) mayGrow(i int, f *memoryFile, end int64) error {
	path := w.shape.M.Entries[i].Path
	if f.size != manifest.StreamSize && end > f.size {
		return Rangef("data up to %d of %q, which ends at %d", end, path, f.size)
	}
	if f.got.Len() >= maxRangesFile || w.spans >= maxRangesTree {
		return Rangef("too many separate ranges, now of %q", path)
	}
	return nil
}

// count notes that [off, end) is there, and finishes a file that is whole.
func (w *memoryWriter) count(i int, f *memoryFile, off, end int64) {
	before := f.got.Len()
	fresh := f.got.Add(off, end)
	w.spans += f.got.Len() - before
	f.total += fresh
	w.ledger.Count(fresh)
	w.finish(i, f)
}

func (w *memoryWriter) finish(i int, f *memoryFile) {
	if f.size != manifest.StreamSize && f.total == f.size {
		w.spans -= f.got.Len()
		f.got = ranges.Set{}
		w.ledger.End(i, Done, f.size)
	}
}

// WriteFile is Writer's.
func (w *memoryWriter) WriteFile(i int, p []byte) error {
	return w.on(i, func(f *memoryFile) error {
		size, n := w.shape.M.Entries[i].Size, int64(len(p))
		if size != manifest.StreamSize && size != n {
			return Rangef("%d bytes as the whole of %q (%d bytes)", n, w.shape.M.Entries[i].Path, size)
		}
		if err := w.writeAt(i, f, 0, p); err != nil {
			return err
		}
		return w.endStream(i, f, n)
	})
}

// Hole is Writer's.
func (w *memoryWriter) Hole(i int, off, n int64) error {
	return w.on(i, func(f *memoryFile) error {
		if err := w.shape.CheckRange(i, off, n); err != nil || n == 0 || w.over(i) {
			return err
		}
		if err := w.mayGrow(i, f, off+n); err != nil {
			return err
		}
		for _, gap := range f.got.Gaps(off, off+n) {
			if f.blob != nil {
				w.store.freed(f.blob.zero(gap.Off, gap.End))
			}
		}
		w.count(i, f, off, off+n)
		return nil
	})
}

// EndStream is Writer's.
func (w *memoryWriter) EndStream(i int, size int64) error {
	return w.on(i, func(f *memoryFile) error { return w.endStream(i, f, size) })
}

func (w *memoryWriter) endStream(i int, f *memoryFile, size int64) error {
	e := &w.shape.M.Entries[i]
	if err := w.shape.CheckRange(i, size, 0); err != nil {
		return err
	}
	if e.Size != manifest.StreamSize && e.Size != size {
		return Rangef("an end at %d for %q (%d bytes)", size, e.Path, e.Size)
	}
	if w.over(i) {
		return nil
	}
	if f.size != manifest.StreamSize && f.size != size || f.got.End() > size {
		return Rangef("an end at %d for %q, which has data up to %d", size, e.Path, max(f.size, f.got.End()))
	}
	f.size = size
	w.finish(i, f)
	return nil
}

// Fail is Writer's.
func (w *memoryWriter) Fail(i int, why manifest.Reason) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.placed {
		return ErrClosed
	}
	if i < 0 || i >= len(w.files) {
		return Rangef("entry %d of %d", i, len(w.files))
	}
	w.ledger.Fail(i, why)
	if w.shape.M.Entries[i].Kind != manifest.File {
		return nil
	}
	f := &w.files[i]
	if !w.over(i) {
		w.ledger.Count(-f.total)
		w.spans -= f.got.Len()
		w.ledger.End(i, Failed, 0)
	} else if !w.ledger.Undo(i) {
		return nil
	}
	w.drop(f)
	return nil
}

// drop gives back what there is of a file.
func (w *memoryWriter) drop(f *memoryFile) {
	if f.blob != nil {
		w.store.freed(f.blob.taken())
	}
	*f = memoryFile{}
}

// Failed is Writer's.
func (w *memoryWriter) Failed(i int) (why manifest.Reason, failed bool) { return w.ledger.Why(i) }

// Resumable is Writer's.
func (w *memoryWriter) Resumable(i int) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i < 0 || i >= len(w.files) {
		return 0
	}
	return resumable(w.files[i].found, w.shape.M.Entries[i].Size)
}

// resumable returns what may be compared of a file of which so much was found.
func resumable(found, size int64) int64 {
	if found >= size {
		return max(size, 0)
	}
	return found - found%GroupSize(size)
}

// Hashes is Writer's.
func (w *memoryWriter) Hashes(ctx context.Context, i int, key []byte) (group int64, sums []byte, err error) {
	err = w.on(i, func(f *memoryFile) error {
		group = GroupSize(w.shape.M.Entries[i].Size)
		if n := resumable(f.found, w.shape.M.Entries[i].Size); n > 0 && f.blob != nil {
			sums, err = Sums(ctx, f.blob, n, group, key)
		}
		return err
	})
	return group, sums, err
}

// Keep is Writer's.
func (w *memoryWriter) Keep(i int, group int) error {
	return w.on(i, func(f *memoryFile) error {
		size := w.shape.M.Entries[i].Size
		n := GroupSize(size)
		if group < 0 || int64(group) >= (resumable(f.found, w.shape.M.Entries[i].Size)+n-1)/n {
			return Rangef("group %d of %q kept", group, w.shape.M.Entries[i].Path)
		}
		if w.over(i) {
			return nil
		}
		off := int64(group) * n
		w.count(i, f, off, min(off+n, size))
		return nil
	})
}

// Written is Writer's.
func (w *memoryWriter) Written() int64 { return w.ledger.Written() }

// Complete is Writer's.
func (w *memoryWriter) Complete() bool { return w.ledger.Complete() }

// Close is Writer's.
func (w *memoryWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	left := make(map[string]*blob)
	for i := range w.files {
		e, f := &w.shape.M.Entries[i], &w.files[i]
		if f.blob == nil || w.placed {
			continue
		}
		if w.opts.ID == (ID{}) || w.opts.Discard || e.Size == manifest.StreamSize {
			w.drop(f)
		} else {
			left[e.Path] = f.blob
		}
	}
	if len(left) > 0 {
		w.store.keep(w.opts.ID, left)
	}
	w.files = nil
	return nil
}
