package source

import "net/netip"

// Share returns how much of something a network may have that may hold times as
// much as a source: never more than half of all there is, unless a source may.
func Share(each, times, all int) int { return min(each*times, max(each, all/2)) }

// A Tally counts what sources hold of something.
type Tally struct {
	each, all int // what a source may hold, and what there is
	held      map[netip.Prefix]int
}

// NewTally returns a Tally of something of which there is so much in all, and of which
// each source may hold so much.
func NewTally(each, all int) *Tally {
	return &Tally{each: each, all: all, held: make(map[netip.Prefix]int)}
}

// Resize changes how much there is and how much of it a source may hold. Who holds more
// keeps it.
func (t *Tally) Resize(each, all int) { t.each, t.all = each, all }

// Room reports whether s may hold one more.
func (t *Tally) Room(s Source) bool {
	for n, times := range s.Networks {
		if t.held[n] >= Share(t.each, times, t.all) {
			return false
		}
	}
	return true
}

// Add says that s holds one more, or one less if by is -1.
func (t *Tally) Add(s Source, by int) {
	for n := range s.Networks {
		if t.held[n] += by; t.held[n] == 0 {
			delete(t.held, n)
		}
	}
}

// Sources returns how many networks hold anything.
func (t *Tally) Sources() int { return len(t.held) }
