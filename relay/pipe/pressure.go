package pipe

import (
	"cmp"
	"slices"
	"time"
)

// holding is how long a receiver may take nothing before what waits for it
// counts as held.
const holding = time.Second

// A burden is a pair and the memory that it holds, in bytes.
type burden struct {
	pair  *pair
	bytes int
}

// excess returns the pairs to cut so that the rest holds at most limit bytes.
func excess(burdens []burden, limit int) (cut []*pair) {
	total := 0
	for _, l := range burdens {
		total += l.bytes
	}
	if total <= limit {
		return nil
	}
	slices.SortFunc(burdens, func(x, y burden) int { return cmp.Compare(y.bytes, x.bytes) })
	for _, l := range burdens {
		if total <= limit {
			break
		}
		cut = append(cut, l.pair)
		total -= l.bytes
	}
	return cut
}
