package staging

import (
	"context"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Plan is the plan for Place.
func (s *Standing) Plan() tree.Plan { return s.plan }

// Whole returns the entries that Sum may be asked about, in their order: none of a
// nil Standing.
func (s *Standing) Whole() []int {
	if s == nil {
		return nil
	}
	return s.whole
}

// Unwanted returns the entries that the plan skips, in their order. Nothing that
// comes of them is written. A nil Standing has none.
func (s *Standing) Unwanted() []int {
	if s == nil {
		return nil
	}
	return s.unwanted
}

// Keep says that the sender found the whole of entry i equal to its own. It counts
// as written. The error wraps tree.ErrRange if there was no Sum to be had of it.
func (s *Standing) Keep(i int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.found[i]; !ok || s.kept[i] {
		return tree.Rangef("entry %d kept", i)
	}
	s.kept[i] = true
	return s.t.files.cover(i, s.t.shape.M.Entries[i].Size)
}

// Covers reports whether nothing of entry i is in staging because it was kept where
// it stands, or because the plan skips it. A nil Standing covers nothing.
func (s *Standing) Covers(i int) (kept, skipped bool) {
	if s == nil {
		return false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[i], s.left[i]
}

// skippedBelow returns the paths below the top-level name k that the plan skips.
func (s *Standing) skippedBelow(k int) (paths []string) {
	if s == nil {
		return nil
	}
	top := s.t.shape.M.Entries[s.t.shape.Roots[k]].Path
	for _, i := range s.unwanted {
		if path := s.t.shape.M.Entries[i].Path; int(s.t.shape.Tops[i]) == k && path != top {
			paths = append(paths, path[len(top)+1:])
		}
	}
	return paths
}

// verify looks again at what was kept: who works here may have changed it since.
// Such an entry has failed.
func (s *Standing) verify(ctx context.Context) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.absent)
	defer s.folders.close()
	for n, i := range s.whole {
		if n%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !s.kept[i] {
			continue
		}
		if st, ok := s.stat(i); ok && s.unchanged(st, s.found[i]) {
			continue
		}
		delete(s.kept, i)
		s.lost = append(s.lost, i)
		s.t.ledger.Fail(i, manifest.Because(manifest.CauseStoodHere))
		s.t.ledger.Count(-s.t.shape.M.Entries[i].Size)
	}
	return nil
}

func (s *Standing) unchanged(a, b stat) bool {
	return a.kind == b.kind && a.size == b.size && s.t.area.traits.sameThing(a, b) && a.mtime.Equal(b.mtime)
}

// Lost returns, after Place, the entries that were kept and had changed before they
// could be relied on.
func (s *Standing) Lost() []int {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Sum returns the hash of the whole file that stands in the place of entry i, under
// a key of 32 bytes: SumSize zero bytes if it can't be read. Errors are ctx's.
func (s *Standing) Sum(ctx context.Context, i int, key []byte) ([]byte, error) {
	sum, err := s.sum(ctx, i, key)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		s.t.area.opts.Logger.Debug("what stands there can't be read", "path", s.t.shape.M.Entries[i].Path, "err", err)
		return make([]byte, tree.SumSize), nil
	}
	return sum, nil
}

func (s *Standing) sum(ctx context.Context, i int, key []byte) ([]byte, error) {
	s.mu.Lock()
	h, name, err := s.at(int32(i))
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	defer s.folders.release(h)
	f, err := viewFile(h.folder, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := h.lstat(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known := s.found[i]
	s.mu.Unlock()
	if !s.unchanged(st, known) {
		return nil, manifest.Because(manifest.CauseStoodHere)
	}
	return tree.SumWhole(ctx, f, known.size, key)
}
