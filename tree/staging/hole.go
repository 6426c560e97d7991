package staging

import (
	"errors"
	"os"

	"sesame/tree"
)

// Hole says that n bytes at off of file i are zeros. They count as written, and
// take no room where the file system has holes; zeros replace what an earlier
// run left there.
func (t *Tree) Hole(i int, off, n int64) error {
	if err := t.begin(i); err != nil {
		return err
	}
	defer t.end()
	if err := t.checkRange(i, off, n); err != nil || n == 0 {
		return err
	}
	f := t.inFlight(i)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := t.mayGrow(f, off+n); err != nil || f.over {
		return err
	}
	for _, gap := range f.got.Gaps(off, off+n) {
		if !t.traits.gaps {
			err := t.openFile(f)
			if err == errLost {
				maker{t}.abandon(f)
				return nil
			}
			if err == nil {
				err = f.inTurn(t.root).addZeros(f.f, gap.Off, gap.End-gap.Off)
			}
			if err != nil {
				return t.diskError("writing", i, err)
			}
			continue
		}
		if err := t.zero(f, gap.Off, min(gap.End, f.stale)); err != nil {
			return t.diskError("writing", i, err)
		}
	}
	t.count(f, off, off+n)
	return t.settle(f)
}

// zero clears what lies in [off, end) of an adopted file. f.mu is held.
func (t *Tree) zero(f *file, off, end int64) error {
	if off >= end {
		return nil
	}
	if err := t.openFile(f); err != nil {
		return err
	}
	end = min(end, f.stale) // the first opening may have cut it
	off = tree.NextData(f.f, off, end)
	if off >= end {
		return nil
	}
	err := punch(f.f, off, end)
	if errors.Is(err, errors.ErrUnsupported) {
		err = writeZeros(f.f, off, end)
	}
	return err
}

// writeZeros clears [off, end) of f where holes can't be made.
func writeZeros(f *os.File, off, end int64) error {
	zeros := make([]byte, min(end-off, 256<<10))
	for off < end {
		n, err := f.WriteAt(zeros[:min(end-off, int64(len(zeros)))], off)
		if err != nil {
			return err
		}
		off = tree.NextData(f, off+int64(n), end)
	}
	return nil
}
