package native

import (
	"sort"

	"sesame/session"
)

// lost takes back the pieces of a record whose lane is gone, to be sent first, in their
// order.
func (s *schedule) lost(pieces []session.Piece) {
	s.flying -= len(pieces)
	s.urgent = append(s.urgent, pieces...)
	s.mixed = true
}

// order sorts what was lost, so that the first of it is the next.
func (s *schedule) order() {
	if s.mixed {
		s.mixed = false
		sort.Sort(lastFirst(s.urgent))
	}
}

// lastFirst sorts pieces. Package sort is in every program that packs, and one more
// instance of slices.SortFunc would be 25 kB of what a page has to load.
type lastFirst []session.Piece

func (p lastFirst) Len() int      { return len(p) }
func (p lastFirst) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

func (p lastFirst) Less(i, j int) bool {
	if p[i].Index != p[j].Index {
		return p[i].Index > p[j].Index
	}
	return p[i].Off > p[j].Off
}
