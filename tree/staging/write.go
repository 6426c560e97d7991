package staging

import (
	"errors"

	"sesame/tree"
	"sesame/tree/manifest"
)

// writeBehind is how much of a file comes together before the disk is told to
// begin: at the end there is little left to wait for. doc/native.md §7.5.
const writeBehind = 8 << 20

func (s *files) writeAt(i int, off int64, p []byte) error {
	end := off + int64(len(p))
	if err := s.shape.CheckRange(i, off, int64(len(p))); err != nil || len(p) == 0 {
		return err
	}
	f := s.inFlight(i)
	if f == nil {
		return nil
	}
	a := f.lock()
	defer a.unlock()
	if err := a.mayGrow(end); err != nil || a.over {
		return err
	}
	if a.got.Covers(off, end) {
		return a.settle()
	}
	if err := a.open(); err == errLost {
		a.abandon()
		return nil
	} else if err != nil {
		return s.fault(tree.OpCreating, i, err)
	}
	open := a.f
	a.active++
	if err := a.write(p, off); err != nil {
		a.active--
		a.stale = max(a.stale, end) // part of it may be there
		if a.tooBig(err) {
			return a.settle()
		}
		return errors.Join(s.fault(tree.OpWriting, i, err), a.settle())
	}
	a.count(off, end)
	if from := off - off%writeBehind; !s.area.opts.NoSync && a.got.Covers(from, from+writeBehind) {
		a.aside(func() { startWriting(open, from, writeBehind) })
	}
	a.active--
	return a.settle()
}

func (s *files) writeFile(i int, p []byte) error {
	size, n := s.shape.M.Entries[i].Size, int64(len(p))
	if size != manifest.StreamSize && size != n {
		return tree.Rangef("%d bytes as the whole of %q (%d bytes)", n, s.shape.M.Entries[i].Path, size)
	}
	e := s.take(i)
	if s.ledger.State(i) != tree.Waiting {
		e.release()
		if err := s.writeAt(i, 0, p); err != nil {
			return err
		}
		return s.endStream(i, n)
	}
	defer e.release()
	if err := s.put(i, e, p); err == errLost {
		s.ledger.End(i, tree.Failed, 0)
		return nil
	} else if err != nil {
		return s.fault(tree.OpWriting, i, err)
	}
	s.ledger.Count(n)
	s.ledger.End(i, tree.Done, n)
	return nil
}

// put writes all of entry i and replaces what an earlier run left of it.
func (s *files) put(i int, e slot, p []byte) error {
	listed, at := &s.shape.M.Entries[i], s.area
	if err := s.names.unplace(s.shape.Tops[i]); err != nil {
		return err
	}
	if e.exists {
		h, name, err := s.at(int32(i))
		if err != nil {
			return err
		}
		err = h.remove(name)
		s.folders.release(h)
		if err != nil {
			return err
		}
		e.exists, e.wanted = false, false
	}
	// The staging directory is closed to others, so the file may have its
	// final mode while it is written.
	perm := fullPerm(listed.Exec)
	if at.keepOwner {
		perm = at.perm(listed.Exec)
	}
	err := maker{s}.make(int32(i), func(d *folder, name string) error {
		return at.traits.put(d, name, p, perm, at.keepOwner, listed.ModTime)
	})
	if err != nil {
		return err
	}
	e.exists = true
	if len(p) > 0 && !at.touched.Load() {
		at.touched.Store(true)
	}
	return nil
}

func (s *files) hole(i int, off, n int64) error {
	if err := s.shape.CheckRange(i, off, n); err != nil || n == 0 {
		return err
	}
	f := s.inFlight(i)
	if f == nil {
		return nil
	}
	a := f.lock()
	defer a.unlock()
	if err := a.mayGrow(off + n); err != nil || a.over {
		return err
	}
	for _, gap := range a.got.Gaps(off, off+n) {
		if err := a.clear(gap.Off, gap.End); err == errLost {
			a.abandon()
			return nil
		} else if err != nil {
			return s.fault(tree.OpWriting, i, err)
		}
	}
	a.count(off, off+n)
	return a.settle()
}

func (s *files) endStream(i int, size int64) error {
	e := &s.shape.M.Entries[i]
	if err := s.shape.CheckRange(i, size, 0); err != nil {
		return err
	}
	if e.Size != manifest.StreamSize && e.Size != size {
		return tree.Rangef("an end at %d for %q (%d bytes)", size, e.Path, e.Size)
	}
	f := s.inFlight(i)
	if f == nil {
		return nil
	}
	a := f.lock()
	defer a.unlock()
	if a.over {
		return nil
	}
	if a.size != manifest.StreamSize && a.size != size || a.got.End() > size {
		return tree.Rangef("an end at %d for %q, which has data up to %d", size, e.Path, max(a.size, a.got.End()))
	}
	a.size = size
	return a.settle()
}
