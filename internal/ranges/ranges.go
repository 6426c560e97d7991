// Package ranges keeps sets of byte positions of a file as ranges, in whatever
// order they come.
package ranges

import (
	"slices"
	"sort"
)

// A Range is the positions from Off on, before End.
type Range struct{ Off, End int64 }

// A Set is a set of positions: ranges in order that neither overlap nor touch.
// The zero value is empty. Adding and looking up takes a time that hardly grows
// with the number of ranges, in whatever order they come, so that a peer can't
// choose an order that is slow. It isn't safe for concurrent use.
type Set struct {
	blocks [][]Range // in order, none empty
	n      int
}

// maxBlock is how many ranges stand in one block: what an insertion moves.
const maxBlock = 256

// Len returns the number of separate ranges.
func (s *Set) Len() int { return s.n }

// End returns the position after the last one, 0 if there is none.
func (s *Set) End() int64 {
	if s.n == 0 {
		return 0
	}
	return s.last().End
}

func (s *Set) last() Range {
	block := s.blocks[len(s.blocks)-1]
	return block[len(block)-1]
}

// find returns where the first range is that ends at or after off: its block,
// len(s.blocks) if there is none, and its index there.
func (s *Set) find(off int64) (b, i int) {
	// Most files arrive in order, so that the last range is the one.
	if s.n > 0 {
		if last := s.last(); last.End < off {
			return len(s.blocks), 0
		} else if last.Off <= off {
			b = len(s.blocks) - 1
			return b, len(s.blocks[b]) - 1
		}
	}
	b = sort.Search(len(s.blocks), func(b int) bool { return s.blocks[b][len(s.blocks[b])-1].End >= off })
	if b == len(s.blocks) {
		return b, 0
	}
	block := s.blocks[b]
	return b, sort.Search(len(block), func(i int) bool { return block[i].End >= off })
}

// Covers reports whether all positions from off on, before end, are in s.
func (s *Set) Covers(off, end int64) bool {
	if off >= end {
		return true
	}
	b, i := s.find(off)
	return b < len(s.blocks) && s.blocks[b][i].Off <= off && end <= s.blocks[b][i].End
}

// Add puts the positions from off on, before end, into s and returns how many of
// them are new.
func (s *Set) Add(off, end int64) int64 {
	if off >= end {
		return 0
	}
	b, i := s.find(off)
	fresh, merged, touched := end-off, Range{off, end}, 0
	s.from(b, i, func(r Range) bool {
		if r.Off > end {
			return false
		}
		fresh -= max(0, min(r.End, end)-max(r.Off, off))
		merged.Off, merged.End = min(merged.Off, r.Off), max(merged.End, r.End)
		touched++
		return true
	})
	if touched == 0 {
		s.insert(b, i, merged)
		return fresh
	}
	s.blocks[b][i] = merged
	s.remove(b, i+1, touched-1)
	return fresh
}

// Through returns the first position from off on that isn't in s.
func (s *Set) Through(off int64) int64 {
	if b, i := s.find(off); b < len(s.blocks) && s.blocks[b][i].Off <= off {
		return s.blocks[b][i].End
	}
	return off
}

// Gaps returns what of the positions from off on, before end, isn't in s.
func (s *Set) Gaps(off, end int64) []Range {
	var out []Range
	b, i := s.find(off)
	s.from(b, i, func(r Range) bool {
		if r.Off >= end {
			return false
		}
		if off < r.Off {
			out = append(out, Range{off, r.Off})
		}
		off = max(off, r.End)
		return true
	})
	if off < end {
		out = append(out, Range{off, end})
	}
	return out
}

// from calls do with the ranges from one on, until it reports false.
func (s *Set) from(b, i int, do func(Range) bool) {
	for ; b < len(s.blocks); b, i = b+1, 0 {
		for _, r := range s.blocks[b][i:] {
			if !do(r) {
				return
			}
		}
	}
}

// insert puts r before the range at b, i.
func (s *Set) insert(b, i int, r Range) {
	s.n++
	if b == len(s.blocks) {
		if b == 0 {
			s.blocks = [][]Range{{r}}
			return
		}
		b--
		i = len(s.blocks[b])
	}
	block := slices.Insert(s.blocks[b], i, r)
	if len(block) > maxBlock {
		half := len(block) / 2
		s.blocks = slices.Insert(s.blocks, b+1, slices.Clone(block[half:]))
		block = block[:half]
	}
	s.blocks[b] = block
}

// remove takes out n ranges from the one at b, i on, which may be behind the end
// of its block.
func (s *Set) remove(b, i, n int) {
	s.n -= n
	if here := min(n, len(s.blocks[b])-i); here > 0 {
		s.blocks[b] = slices.Delete(s.blocks[b], i, i+here)
		n -= here
	}
	after := b + 1
	for ; n > 0 && n >= len(s.blocks[after]); after++ {
		n -= len(s.blocks[after])
	}
	s.blocks = slices.Delete(s.blocks, b+1, after)
	if n > 0 {
		s.blocks[b+1] = slices.Delete(s.blocks[b+1], 0, n)
	}
}
