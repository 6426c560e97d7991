package staging

import "slices"

// A Range is a part of a file. N is -1 if it goes on to an end that isn't
// known yet.
type Range struct {
	Off, N int64
}

// spans is a set of byte positions: sorted ranges [off, end) that neither
// overlap nor touch.
type spans []span

type span struct{ off, end int64 }

// first returns the index of the first span that ends at or after off.
func (s spans) first(off int64) int {
	// Most files arrive in order, so that the last span is the one.
	if n := len(s); n > 0 && s[n-1].off <= off {
		if s[n-1].end >= off {
			return n - 1
		}
		return n
	}
	i, _ := slices.BinarySearchFunc(s, off, func(a span, off int64) int {
		if a.end < off {
			return -1
		}
		return 1
	})
	return i
}

// covers reports whether all of [off, end) is in s.
func (s spans) covers(off, end int64) bool {
	if off >= end {
		return true
	}
	i := s.first(off)
	return i < len(s) && s[i].off <= off && end <= s[i].end
}

// add puts [off, end) into s and returns how many positions are new.
func (s *spans) add(off, end int64) int64 {
	if off >= end {
		return 0
	}
	i := s.first(off)
	j, fresh := i, end-off
	merged := span{off, end}
	for ; j < len(*s) && (*s)[j].off <= end; j++ {
		have := (*s)[j]
		fresh -= max(0, min(have.end, end)-max(have.off, off))
		merged.off, merged.end = min(merged.off, have.off), max(merged.end, have.end)
	}
	if j == i+1 {
		(*s)[i] = merged
	} else {
		*s = slices.Replace(*s, i, j, merged)
	}
	return fresh
}

// gaps returns what of [off, end) isn't in s.
func (s spans) gaps(off, end int64) []span {
	var out []span
	for i := s.first(off); i < len(s) && s[i].off < end; i++ {
		if off < s[i].off {
			out = append(out, span{off, s[i].off})
		}
		off = max(off, s[i].end)
	}
	if off < end {
		out = append(out, span{off, end})
	}
	return out
}

// end returns the position after the last one in s.
func (s spans) end() int64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].end
}
