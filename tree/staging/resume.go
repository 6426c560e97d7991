package staging

import (
	"context"

	"sesame/internal/ranges"
	"sesame/tree"
	"sesame/tree/manifest"
)

// resumable returns how many bytes of file i lie on disk from an earlier run and may
// be compared.
func (s *files) resumable(i int) int64 {
	if i < 0 || i >= len(s.entries) || s.disk == nil {
		return 0
	}
	size := s.shape.M.Entries[i].Size
	if s.disk[i] >= size {
		return max(size, 0)
	}
	return s.disk[i] - s.disk[i]%tree.GroupSize(size)
}

func (s *files) hashes(ctx context.Context, i int, key []byte) (group int64, sums []byte, err error) {
	e, log := &s.shape.M.Entries[i], s.area.opts.Logger
	group = tree.GroupSize(e.Size)
	n := s.resumable(i)
	if n == 0 {
		return group, nil, nil
	}
	h, name, err := s.at(int32(i))
	if err != nil {
		return group, nil, nil
	}
	f, err := h.edit(name, false)
	s.folders.release(h)
	if err != nil {
		log.Debug("partial can't be read", "path", e.Path, "err", err)
		return group, nil, nil
	}
	defer f.Close()
	sums, err = tree.Sums(ctx, f, n, group, key)
	if err != nil && ctx.Err() == nil {
		log.Debug("partial can't be read", "path", e.Path, "err", err)
		return group, nil, nil
	}
	return group, sums, err
}

func (s *files) keep(i int, group int) error {
	size := s.shape.M.Entries[i].Size
	n := tree.GroupSize(size)
	if group < 0 || int64(group) >= (s.resumable(i)+n-1)/n {
		return tree.Rangef("group %d of %q kept", group, s.shape.M.Entries[i].Path)
	}
	f := s.inFlight(i)
	if f == nil {
		return nil
	}
	a := f.lock()
	defer a.unlock()
	if err := a.mayGrow(0); err != nil || a.over {
		return err
	}
	off := int64(group) * n
	a.count(off, min(off+n, size))
	return a.settle()
}

// missing returns the ranges of file i that haven't arrived.
func (s *files) missing(i int) []Range {
	got, size := new(ranges.Set), s.shape.M.Entries[i].Size
	e := s.take(i)
	f, st := e.file, s.ledger.State(i)
	e.release()
	switch {
	case st == tree.Done || st == tree.Failed:
		return nil
	case f != nil:
		a := f.lock()
		defer a.unlock()
		if a.over {
			return nil
		}
		got, size = &a.got, a.size
	}
	var out []Range
	for _, gap := range got.Gaps(0, max(size, got.End())) {
		out = append(out, Range{gap.Off, gap.End - gap.Off})
	}
	if size == manifest.StreamSize {
		out = append(out, Range{got.End(), -1})
	}
	return out
}

// fail removes what there is of file i, which won't come.
func (s *files) fail(i int) error {
	f := s.inFlight(i)
	if f == nil {
		return s.undo(i)
	}
	a := f.lock()
	defer a.unlock()
	if !a.over {
		a.dead = true
		a.abandon()
	}
	return a.settle()
}

// undo takes back a finished file.
func (s *files) undo(i int) error {
	e := s.take(i)
	defer e.release()
	if !s.ledger.Undo(i) || !e.exists {
		return nil
	}
	e.exists = false
	return s.remove(i)
}
