package manifest

import (
	"context"
	"hash/maphash"
	"sort"
	"strings"
	"unicode/utf8"
)

// Collisions returns the entries that may be one and the same on a file system
// that doesn't tell upper from lower case or one spelling of a character from
// another: groups of two or more indices, in order. Names are compared more
// loosely than any one file system does, so a group is a reason to look, not a
// proof. What is inside two such directories is compared as if they were one.
//
// It takes 16 bytes an entry while it runs, and ends with ctx's error soon after
// ctx does. Source: doc/native.md §6.6.
func (m *Manifest) Collisions(ctx context.Context) ([][]int, error) {
	var f folder
	keys := make(byHash, len(m.Entries))
	for i := range m.Entries {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		keys[i] = keyed{f.hash(m.Entries[i].Path), i}
	}
	sort.Sort(keys)
	var groups [][]int
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].hash == keys[0].hash {
			n++
		}
		if n > 1 {
			group := make([]int, n)
			for i := range group {
				group[i] = keys[i].index
			}
			groups = append(groups, group)
		}
		keys = keys[n:]
	}
	sort.Sort(byFirst(groups))
	return groups, context.Cause(ctx)
}

// These sort by package sort, of which a program has one copy, where slices.SortFunc
// makes 25 kB for each of them that a page has to load.
type (
	byHash  []keyed
	byFirst [][]int
)

type keyed struct {
	hash  uint64
	index int
}

func (k byHash) Len() int      { return len(k) }
func (k byHash) Swap(i, j int) { k[i], k[j] = k[j], k[i] }

func (k byHash) Less(i, j int) bool {
	return k[i].hash < k[j].hash || k[i].hash == k[j].hash && k[i].index < k[j].index
}

func (g byFirst) Len() int           { return len(g) }
func (g byFirst) Swap(i, j int)      { g[i], g[j] = g[j], g[i] }
func (g byFirst) Less(i, j int) bool { return g[i][0] < g[j][0] }

// A folder hashes paths so that those which may meet have equal hashes. The key
// of the hash is fresh, so nobody can choose paths that meet by accident.
type folder struct {
	h       maphash.Hash
	folding folding
	buf     []byte
	prev    string
	above   []folded // the elements of prev
}

type folded struct {
	end  int // of the element in prev
	hash uint64
}

// hash returns path's hash. Calls in the order of a manifest fold each name once.
func (f *folder) hash(path string) uint64 {
	same := sharedPrefix(f.prev, path)
	for len(f.above) > 0 {
		end := f.above[len(f.above)-1].end
		if end <= same && end < len(path) && path[end] == '/' {
			break
		}
		f.above = f.above[:len(f.above)-1]
	}
	start, parent := 0, uint64(0)
	if n := len(f.above); n > 0 {
		start, parent = f.above[n-1].end+1, f.above[n-1].hash
	}
	for start <= len(path) {
		end := len(path)
		if i := strings.IndexByte(path[start:], '/'); i >= 0 {
			end = start + i
		}
		f.h.Reset()
		maphash.WriteComparable(&f.h, parent)
		f.h.Write(f.fold(path[start:end]))
		parent = f.h.Sum64()
		f.above = append(f.above, folded{end, parent})
		start = end + 1
	}
	f.prev = path
	return parent
}

// fold returns a name as the loosest file system compares it. The slice lives
// until the next call.
func (f *folder) fold(name string) []byte {
	f.buf = f.buf[:0]
	for i := range len(name) {
		b := name[i]
		if b >= utf8.RuneSelf {
			return f.foldUnicode(name)
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		f.buf = append(f.buf, b)
	}
	return f.buf
}

// foldUnicode is fold for what isn't all ASCII.
func (f *folder) foldUnicode(name string) []byte {
	ok := utf8.ValidString(name)
	if ok {
		f.buf, ok = f.folding.fold(f.buf[:0], name)
	}
	if !ok {
		f.buf = append(append(f.buf[:0], asItIs), name...)
	}
	return f.buf
}

// asItIs stands before a name that only the same name meets. No name has it.
const asItIs = 0
