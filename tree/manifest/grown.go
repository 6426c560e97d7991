//go:build !js

package manifest

import (
	"context"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"sync"
)

// marked is of how many files Mark looks at the contents: those that were written
// to last, as logs are. Looking takes as long as sending a small file.
const marked = 1024

// edge is how much of a file's beginning, and of its end, a mark knows.
const edge = 4096

// growth tells files that have only grown since they were listed, as logs do,
// from those that were written anew: what they began and ended with then is
// still there. The zero value knows of no file.
type growth struct {
	seed  maphash.Seed
	marks map[int]uint64 // by entry; not changed any more once files are read

	mu    sync.Mutex
	grown map[int]struct{} // entries that have been found to
}

// Mark remembers how files begin and end, so that those which only grow until
// they have been read can be told from others that change. Without it every
// change is one. Call it right after Walk, and before anything else. It looks at
// the 1,024 files that were written to last, and fails only with ctx's error.
func (s *Sources) Mark(ctx context.Context) error {
	s.growth.seed, s.growth.marks = maphash.MakeSeed(), make(map[int]uint64)
	for _, i := range lastWritten(s.m.Entries, marked) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.mark(i)
	}
	return nil
}

// lastWritten returns the n files of a list that were written to last, in its
// order.
func lastWritten(list []Entry, n int) []int {
	var files []int
	for i := range list {
		if list[i].Kind == File {
			files = append(files, i)
		}
	}
	if len(files) <= n {
		return files
	}
	slices.SortStableFunc(files, func(a, b int) int {
		return list[b].ModTime.Compare(list[a].ModTime)
	})
	files = files[:n]
	slices.Sort(files)
	return files
}

// mark marks entry i, if it can be read and is what was listed.
func (s *Sources) mark(i int) {
	f, err := s.Open(i)
	if err != nil {
		return // whoever reads it says so
	}
	defer f.Close()
	if sum, ok := s.growth.sum(f, s.m.Entries[i].Size); ok && s.Changed(f, i) == nil {
		s.growth.marks[i] = sum
	}
}

// only reports, and notes, that entry i, of which f is the file or what was read
// of it, has only grown since it was listed with size bytes.
func (g *growth) only(f io.ReaderAt, i int, size int64) bool {
	mark, marked := g.marks[i]
	if !marked {
		return false
	}
	if sum, ok := g.sum(f, size); !ok || sum != mark {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.grown == nil {
		g.grown = make(map[int]struct{})
	}
	g.grown[i] = struct{}{}
	return true
}

// sum is a mark of the first size bytes of f.
func (g *growth) sum(f io.ReaderAt, size int64) (uint64, bool) {
	var buf [2 * edge]byte
	n, m := min(size, edge), min(max(size-edge, 0), edge)
	if k, _ := f.ReadAt(buf[:n], 0); int64(k) < n {
		return 0, false
	}
	if k, _ := f.ReadAt(buf[n:n+m], size-m); int64(k) < m {
		return 0, false
	}
	return maphash.Bytes(g.seed, buf[:n+m]), true
}

// Grown returns, in order, the entries that were found to have only grown since
// they were listed, when they were read: what they held then is what crosses.
func (s *Sources) Grown() []int {
	s.growth.mu.Lock()
	defer s.growth.mu.Unlock()
	return slices.Sorted(maps.Keys(s.growth.grown))
}
