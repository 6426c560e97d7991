package source

import (
	"container/list"
	"iter"
	"net/netip"
)

// Holdings say who holds what of something of which there is so much, and of which each
// source may hold so much. When all is taken a source gets some at the cost of that which
// holds most, as long as that still holds as much as it: whoever fills a server makes room
// himself. A larger network of IPv6 counts by the part of what it may hold.
type Holdings[T comparable] struct {
	each, all int
	taken     map[T]holding
	holders   map[netip.Prefix]*holder
	ranks     map[int]*list.List // of *holder, by their weight
	most      int                // the largest weight
}

// A holding is what one source holds, and where it is in the list of each of its networks.
type holding struct {
	source Source
	turns  [len(wider)]*list.Element
}

// A holder is a network that holds some.
type holder struct {
	net    netip.Prefix
	times  int
	order  list.List // of T, the oldest first
	weight int
	turn   *list.Element // among those of its weight
}

// NewHoldings returns those of something of which there is so much in all, each for a
// source.
func NewHoldings[T comparable](each, all int) *Holdings[T] {
	return &Holdings[T]{
		each: each, all: all, taken: make(map[T]holding),
		holders: make(map[netip.Prefix]*holder), ranks: make(map[int]*list.List),
	}
}

// Resize changes how much there is and how much of it a source may hold. Who holds more
// keeps it.
func (s *Holdings[T]) Resize(each, all int) { s.each, s.all = each, all }

// Len returns how much is held.
func (s *Holdings[T]) Len() int { return len(s.taken) }

// Has reports whether somebody holds t.
func (s *Holdings[T]) Has(t T) bool {
	_, ok := s.taken[t]
	return ok
}

// All returns how much there is.
func (s *Holdings[T]) All() int { return s.all }

// Room reports whether src holds less than it may.
func (s *Holdings[T]) Room(src Source) bool {
	for n, times := range src.Networks {
		if h := s.holders[n]; h != nil && h.order.Len() >= Share(s.each, times, s.all) {
			return false
		}
	}
	return true
}

// Take says that src holds t from now on.
func (s *Holdings[T]) Take(src Source, t T) {
	s.Leave(t)
	st := holding{source: src}
	i := 0
	for n, times := range src.Networks {
		h := s.holders[n]
		if h == nil {
			h = &holder{net: n, times: times}
			s.holders[n] = h
		}
		st.turns[i] = h.order.PushBack(t)
		s.rank(h)
		i++
	}
	s.taken[t] = st
}

// Leave says that nobody holds t any more. It reports whether somebody did.
func (s *Holdings[T]) Leave(t T) bool {
	st, ok := s.taken[t]
	if !ok {
		return false
	}
	delete(s.taken, t)
	i := 0
	for n := range st.source.Networks {
		h := s.holders[n]
		h.order.Remove(st.turns[i])
		s.rank(h)
		if h.order.Len() == 0 {
			delete(s.holders, n)
		}
		i++
	}
	return true
}

// rank puts h among those of its weight.
func (s *Holdings[T]) rank(h *holder) {
	weight := (h.order.Len() + h.times - 1) / h.times
	if weight == h.weight {
		return
	}
	if h.weight > 0 {
		l := s.ranks[h.weight]
		if l.Remove(h.turn); l.Len() == 0 {
			delete(s.ranks, h.weight)
		}
	}
	if h.weight = weight; weight > 0 {
		l := s.ranks[weight]
		if l == nil {
			l = new(list.List)
			s.ranks[weight] = l
		}
		h.turn = l.PushBack(h)
	}
	// A weight changes by one at a time, so the largest does.
	if weight > s.most {
		s.most = weight
	}
	for s.most > 0 && s.ranks[s.most] == nil {
		s.most--
	}
}

// weight returns how much src holds, as a source: the largest that any of its networks
// does.
func (s *Holdings[T]) weight(src Source) (w int) {
	for n := range src.Networks {
		if h := s.holders[n]; h != nil {
			w = max(w, h.weight)
		}
	}
	return w
}

// Holds returns how much src holds: the largest that any of its networks does, a wider one
// counted by the part of what it may hold.
func (s *Holdings[T]) Holds(src Source) int { return s.weight(src) }

// Richer returns what a network holds that holds so much more than src that it still has
// as much after giving one to src, the oldest first, or nothing. Nothing may change
// meanwhile.
func (s *Holdings[T]) Richer(src Source) iter.Seq[T] {
	if s.weight(src)+1 >= s.most {
		return func(func(T) bool) {}
	}
	return s.Largest()
}

// Largest returns what one of the networks that hold most holds, the oldest first. Nothing
// may change meanwhile.
func (s *Holdings[T]) Largest() iter.Seq[T] {
	return func(yield func(T) bool) {
		l := s.ranks[s.most]
		if l == nil {
			return
		}
		for e := l.Front().Value.(*holder).order.Front(); e != nil; e = e.Next() {
			if !yield(e.Value.(T)) {
				return
			}
		}
	}
}

// Oldest returns what the networks of src have held for longest, if there is any: of one
// that may hold no more, or else of the narrowest.
func (s *Holdings[T]) Oldest(src Source) (t T, ok bool) {
	for n, times := range src.Networks {
		h := s.holders[n]
		if h == nil {
			continue
		}
		full := h.order.Len() >= Share(s.each, times, s.all)
		if full || !ok {
			t, ok = h.order.Front().Value.(T), true
		}
		if full {
			break
		}
	}
	return t, ok
}

// Holders returns how many networks hold anything.
func (s *Holdings[T]) Holders() int { return len(s.holders) }
