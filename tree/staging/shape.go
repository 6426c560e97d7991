package staging

import (
	"context"
	"strings"

	"sesame/tree/manifest"
)

// A shape is a manifest and who belongs to whom in it. It doesn't change.
type shape struct {
	m       *manifest.Manifest
	parents []int32 // by entry: its directory, -1 for a top-level name
	tops    []int32 // by entry: the top-level name that it is below, an index into roots
	roots   []int32 // by top-level name: its entry
}

// newShape refuses a manifest that no decoder should have let through. Errors are
// ctx's, or wrap ErrRange.
func newShape(ctx context.Context, m *manifest.Manifest) (*shape, error) {
	n := len(m.Entries)
	if n == 0 || n > manifest.MaxEntries {
		return nil, rangeError("a manifest of %d entries", n)
	}
	s := &shape{m: m, parents: make([]int32, n), tops: make([]int32, n)}
	folders := make(map[string]int32)
	for i := range m.Entries {
		if err := interrupted(ctx, i); err != nil {
			return nil, err
		}
		e := &m.Entries[i]
		if err := checkEntry(e); err != nil {
			return nil, err
		}
		if cut := strings.LastIndexByte(e.Path, '/'); cut < 0 {
			s.parents[i], s.tops[i] = -1, int32(len(s.roots))
			s.roots = append(s.roots, int32(i))
		} else {
			parent, ok := folders[e.Path[:cut]]
			if !ok {
				return nil, rangeError("%q without its directory", e.Path)
			}
			s.parents[i], s.tops[i] = parent, s.tops[parent]
		}
		if e.Kind != manifest.Dir {
			continue
		}
		if _, ok := folders[e.Path]; ok {
			return nil, rangeError("%q twice", e.Path)
		}
		folders[e.Path] = int32(i)
	}
	return s, nil
}

func checkEntry(e *manifest.Entry) error {
	if err := checkPath(e.Path); err != nil {
		return err
	}
	switch e.Kind {
	case manifest.File:
		if e.Size < 0 && e.Size != manifest.StreamSize {
			return rangeError("%q of %d bytes", e.Path, e.Size)
		}
	case manifest.Dir, manifest.Link:
	default:
		return rangeError("%q of kind %d", e.Path, e.Kind)
	}
	return nil
}

// first returns the first top-level name.
func (s *shape) first() string {
	first, _, _ := strings.Cut(s.m.Entries[0].Path, "/")
	return first
}

// root returns the entry of the k-th top-level name.
func (s *shape) root(k int32) *manifest.Entry { return &s.m.Entries[s.roots[k]] }

// checkFile refuses what is no file.
func (s *shape) checkFile(i int) error {
	if i < 0 || i >= len(s.m.Entries) {
		return rangeError("entry %d of %d", i, len(s.m.Entries))
	}
	if e := &s.m.Entries[i]; e.Kind != manifest.File {
		return rangeError("data for %q, which is no file", e.Path)
	}
	return nil
}

// checkRange refuses what lies outside of file i.
func (s *shape) checkRange(i int, off, n int64) error {
	e := &s.m.Entries[i]
	limit := e.Size
	if limit == manifest.StreamSize {
		limit = 1 << 62
	}
	if off < 0 || n < 0 || off > limit || n > limit-off {
		return rangeError("%d bytes at %d of %q (%d bytes)", n, off, e.Path, e.Size)
	}
	return nil
}

// twice reports whether entry i stands in the manifest twice, which is nothing
// that a disk could help.
func (s *shape) twice(i int) bool {
	list := s.m.Entries
	return i > 0 && list[i-1].Path == list[i].Path || i+1 < len(list) && list[i+1].Path == list[i].Path
}

// interrupted returns the error of ctx, which it looks at now and then while i
// counts up.
func interrupted(ctx context.Context, i int) error {
	if i%64 != 0 || ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
