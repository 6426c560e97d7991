package source

import (
	"math/bits"
	"net/netip"
)

// Weights say how many bytes are kept for things, and for the sources that have them, and
// who has most, give or take a factor of two. A larger network of IPv6 counts by the part
// of what it may hold. It does no locking.
type Weights[T any] struct {
	total int
	piles map[netip.Prefix]*pile[T]
	ranks ranked[*pile[T]]
}

// A Weight is what is kept for one thing.
type Weight[T any] struct {
	Of     T
	source Source
	bytes  int
	piles  [len(wider)]*pile[T] // of the networks of its source
}

// A pile is what is kept for one network.
type pile[T any] struct {
	net     netip.Prefix
	times   int
	bytes   int
	members int
	weights ranked[*Weight[T]] // those that aren't 0
}

// NewWeights returns those of nothing.
func NewWeights[T any]() *Weights[T] {
	return &Weights[T]{piles: make(map[netip.Prefix]*pile[T])}
}

// Join returns the weight of a thing that src has, which is 0.
func (w *Weights[T]) Join(src Source, t T) *Weight[T] {
	x := &Weight[T]{Of: t, source: src}
	i := 0
	for n, times := range src.Networks {
		l := w.piles[n]
		if l == nil {
			l = &pile[T]{net: n, times: times}
			w.piles[n] = l
		}
		l.members++
		x.piles[i] = l
		i++
	}
	return x
}

// Set says that so many bytes are kept for a thing from now on.
func (w *Weights[T]) Set(x *Weight[T], bytes int) {
	before := x.bytes
	if bytes == before {
		return
	}
	w.total += bytes - before
	x.bytes = bytes
	for _, l := range x.piles {
		if l == nil {
			break
		}
		l.weights.move(x, before, bytes)
		was := l.bytes / l.times
		l.bytes += bytes - before
		w.ranks.move(l, was, l.bytes/l.times)
	}
}

// Leave says that a thing is no more.
func (w *Weights[T]) Leave(x *Weight[T]) {
	w.Set(x, 0)
	for i, l := range x.piles {
		if l == nil {
			break
		}
		if l.members--; l.members == 0 {
			delete(w.piles, l.net)
		}
		x.piles[i] = nil
	}
}

// Total returns how many bytes are kept for all.
func (w *Weights[T]) Total() int { return w.total }

// Sources returns how many networks have a thing.
func (w *Weights[T]) Sources() int { return len(w.piles) }

// Heaviest returns one of the heaviest things of one of the networks for which most is
// kept, or nil if nothing is.
func (w *Weights[T]) Heaviest() *Weight[T] {
	l, ok := w.ranks.top()
	if !ok {
		return nil
	}
	x, _ := l.weights.top()
	return x
}

// Richer is Heaviest if much more is kept for that network than for src, twice as much at
// least, and nil otherwise.
func (w *Weights[T]) Richer(src Source) *Weight[T] {
	most := 0
	for n, times := range src.Networks {
		if l := w.piles[n]; l != nil {
			most = max(most, l.bytes/times)
		}
	}
	if w.ranks.largest() < class(most)+2 {
		return nil
	}
	return w.Heaviest()
}

// class returns the rank of a number of bytes: by its length.
func class(n int) int { return bits.Len(uint(max(0, n))) }

// ranked are keys by the class of a number each of them has; of none that is 0.
type ranked[K comparable] struct {
	classes map[int]map[K]struct{}
	taken   uint64 // those that have any, a bit each
}

func (r *ranked[K]) move(k K, from, to int) {
	old, now := class(from), class(to)
	if old == now {
		return
	}
	if old > 0 {
		if delete(r.classes[old], k); len(r.classes[old]) == 0 {
			r.taken &^= 1 << (old - 1)
		}
	}
	if now == 0 {
		return
	}
	if r.classes == nil {
		r.classes = make(map[int]map[K]struct{})
	}
	if r.classes[now] == nil {
		r.classes[now] = make(map[K]struct{})
	}
	r.classes[now][k] = struct{}{}
	r.taken |= 1 << (now - 1)
}

// largest returns the largest class that has any, or 0.
func (r *ranked[K]) largest() int { return bits.Len64(r.taken) }

// top returns one of the largest class.
func (r *ranked[K]) top() (k K, ok bool) {
	for k = range r.classes[r.largest()] {
		return k, true
	}
	return k, false
}
