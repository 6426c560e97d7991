package line

import "sort"

// A span is the numbers from lo to hi, without hi.
type span struct{ lo, hi uint64 }

// A set is a set of numbers: spans in order that don't touch.
type set []span

// add adds the numbers from lo to hi, and returns how many of them are new.
func (s *set) add(lo, hi uint64) (fresh uint64) {
	v := *s
	if lo >= hi {
		return 0
	}
	// What comes in order is the usual case.
	if n := len(v); n == 0 || v[n-1].hi < lo {
		*s = append(v, span{lo, hi})
		return hi - lo
	} else if v[n-1].hi == lo {
		v[n-1].hi = hi
		return hi - lo
	}
	i := sort.Search(len(v), func(i int) bool { return v[i].hi >= lo })
	fresh = hi - lo
	j := i
	for ; j < len(v) && v[j].lo <= hi; j++ {
		if from, to := max(lo, v[j].lo), min(hi, v[j].hi); from < to {
			fresh -= to - from
		}
	}
	if i == j {
		v = append(v, span{})
		copy(v[i+1:], v[i:])
		v[i] = span{lo, hi}
		*s = v
		return fresh
	}
	v[i] = span{min(lo, v[i].lo), max(hi, v[j-1].hi)}
	*s = append(v[:i+1], v[j:]...)
	return fresh
}

// has reports whether all numbers from lo to hi are in the set.
func (s set) has(lo, hi uint64) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].hi > lo })
	return i < len(s) && s[i].lo <= lo && s[i].hi >= hi
}

// top returns the highest number; there must be one.
func (s set) top() uint64 { return s[len(s)-1].hi - 1 }

// A ring holds bytes of a stream by their offset, from base on. Its size is a power of
// two, and grows.
type ring struct {
	b    []byte
	base uint64
}

// leastRing is what a ring has when it has anything.
const leastRing = 64 << 10

// grow makes room for the bytes up to an offset. What there is ends at end.
func (r *ring) grow(to, end uint64) {
	n := to - r.base
	if n <= uint64(len(r.b)) {
		return
	}
	size := max(leastRing, uint64(len(r.b)))
	for size < n {
		size *= 2
	}
	bigger := ring{b: make([]byte, size), base: r.base}
	for at := r.base; at < end; {
		from := at & uint64(len(r.b)-1)
		k := min(end-at, uint64(len(r.b))-from)
		bigger.put(at, r.b[from:from+k])
		at += k
	}
	r.b = bigger.b
}

// put writes p at an offset. There must be room.
func (r *ring) put(at uint64, p []byte) {
	for len(p) > 0 {
		k := copy(r.b[at&uint64(len(r.b)-1):], p)
		p, at = p[k:], at+uint64(k)
	}
}

// get reads into p from an offset.
func (r *ring) get(at uint64, p []byte) {
	for len(p) > 0 {
		k := copy(p, r.b[at&uint64(len(r.b)-1):])
		p, at = p[k:], at+uint64(k)
	}
}
