package pipe

import (
	"cmp"
	"container/heap"
	"net/netip"
	"slices"
	"time"

	"sesame/relay/source"
)

// holding is how long a receiver may take nothing before what waits for it
// counts as held.
const holding = time.Second

// A burden is a pair and the memory that it holds, in bytes, for a client that doesn't take
// it.
type burden struct {
	pair  *pair
	of    source.Source
	bytes int
}

// excess returns the pairs to cut so that the rest holds at most limit bytes: always the one
// that holds most of those of the source that does, larger networks counted by the part of
// what they may hold.
func excess(burdens []burden, limit int) (cut []*pair) {
	total := 0
	for _, b := range burdens {
		total += b.bytes
	}
	if total <= limit {
		return nil
	}
	slices.SortStableFunc(burdens, func(x, y burden) int { return cmp.Compare(y.bytes, x.bytes) })
	debtors := debtorsOf(burdens)
	gone := make(map[*pair]bool)
	for total > limit {
		b := debtors.heaviest(gone)
		gone[b.pair] = true
		cut = append(cut, b.pair)
		total -= b.bytes
		debtors.lighten(b)
	}
	return cut
}

// A debtor is a network that holds some.
type debtor struct {
	times   int // how many times as much as a source it may hold
	bytes   int
	burdens []burden // those that may still be there, the largest first
	at      int      // its place among the debtors
}

// debtors are networks, as a heap: the first holds most.
type debtors struct {
	order []*debtor
	by    map[netip.Prefix]*debtor
}

func debtorsOf(burdens []burden) *debtors {
	l := &debtors{by: make(map[netip.Prefix]*debtor)}
	for _, b := range burdens {
		for n, times := range b.of.Networks {
			of := l.by[n]
			if of == nil {
				of = &debtor{times: times, at: len(l.order)}
				l.by[n] = of
				l.order = append(l.order, of)
			}
			of.bytes += b.bytes
			of.burdens = append(of.burdens, b)
		}
	}
	heap.Init(l)
	return l
}

// heaviest returns the largest burden of the network that holds most. There is one that
// isn't gone.
func (l *debtors) heaviest(gone map[*pair]bool) burden {
	of := l.order[0]
	for gone[of.burdens[0].pair] {
		of.burdens = of.burdens[1:]
	}
	return of.burdens[0]
}

// lighten takes a burden from its networks.
func (l *debtors) lighten(b burden) {
	for n := range b.of.Networks {
		of := l.by[n]
		of.bytes -= b.bytes
		heap.Fix(l, of.at)
	}
}

// heap.Interface.

func (l *debtors) Len() int { return len(l.order) }

func (l *debtors) Less(i, j int) bool {
	return l.order[i].bytes/l.order[i].times > l.order[j].bytes/l.order[j].times
}

func (l *debtors) Swap(i, j int) {
	l.order[i], l.order[j] = l.order[j], l.order[i]
	l.order[i].at, l.order[j].at = i, j
}

func (l *debtors) Push(any) { panic("pipe: internal error: a network that came late") }

func (l *debtors) Pop() any { panic("pipe: internal error: a network that left") }
