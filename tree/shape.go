package tree

import (
	"context"
	"strings"

	"sesame/tree/manifest"
)

// A Shape is a manifest and who belongs to whom in it. It is for who writes
// a Store, and doesn't change.
type Shape struct {
	M       *manifest.Manifest
	Parents []int32 // by entry: its directory, -1 for a top-level name
	Tops    []int32 // by entry: the top-level name that it is below, an index into Roots
	Roots   []int32 // by top-level name: its entry
}

// NewShape refuses a manifest that no decoder should have let through. Errors are
// ctx's, or wrap ErrRange.
func NewShape(ctx context.Context, m *manifest.Manifest) (*Shape, error) {
	n := len(m.Entries)
	if n == 0 || n > manifest.MaxEntries {
		return nil, Rangef("a manifest of %d entries", n)
	}
	s := &Shape{M: m, Parents: make([]int32, n), Tops: make([]int32, n)}
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
			s.Parents[i], s.Tops[i] = -1, int32(len(s.Roots))
			s.Roots = append(s.Roots, int32(i))
		} else {
			parent, ok := folders[e.Path[:cut]]
			if !ok {
				return nil, Rangef("%q without its directory", e.Path)
			}
			s.Parents[i], s.Tops[i] = parent, s.Tops[parent]
		}
		if e.Kind != manifest.Dir {
			continue
		}
		if _, ok := folders[e.Path]; ok {
			return nil, Rangef("%q twice", e.Path)
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
			return Rangef("%q of %d bytes", e.Path, e.Size)
		}
	case manifest.Dir, manifest.Link:
	default:
		return Rangef("%q of kind %d", e.Path, e.Kind)
	}
	return nil
}

// First returns the first top-level name.
func (s *Shape) First() string {
	first, _, _ := strings.Cut(s.M.Entries[0].Path, "/")
	return first
}

// Root returns the entry of the k-th top-level name.
func (s *Shape) Root(k int32) *manifest.Entry { return &s.M.Entries[s.Roots[k]] }

// CheckFile refuses what is no file.
func (s *Shape) CheckFile(i int) error {
	if i < 0 || i >= len(s.M.Entries) {
		return Rangef("entry %d of %d", i, len(s.M.Entries))
	}
	if e := &s.M.Entries[i]; e.Kind != manifest.File {
		return Rangef("data for %q, which is no file", e.Path)
	}
	return nil
}

// CheckRange refuses what lies outside of file i.
func (s *Shape) CheckRange(i int, off, n int64) error {
	e := &s.M.Entries[i]
	limit := e.Size
	if limit == manifest.StreamSize {
		limit = 1 << 62
	}
	if off < 0 || n < 0 || off > limit || n > limit-off {
		return Rangef("%d bytes at %d of %q (%d bytes)", n, off, e.Path, e.Size)
	}
	return nil
}

// Twice reports whether entry i stands in the manifest twice, which is nothing
// that a disk could help.
func (s *Shape) Twice(i int) bool {
	list := s.M.Entries
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
