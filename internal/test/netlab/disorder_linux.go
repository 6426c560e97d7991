package netlab

import (
	"container/heap"
	"io"
	"time"
)

// deliverDisordered is deliver for packets whose times are in no order.
func deliverDisordered(to io.Writer, way <-chan delayed) {
	var waiting byTime
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		for len(waiting) > 0 && time.Until(waiting[0].at) <= 0 {
			to.Write(heap.Pop(&waiting).(delayed).b)
		}
		var due <-chan time.Time
		if len(waiting) > 0 {
			next.Reset(time.Until(waiting[0].at))
			due = next.C
		}
		select {
		case p, open := <-way:
			if !open {
				return // and with it both ends
			}
			heap.Push(&waiting, p)
		case <-due:
		}
	}
}

// byTime is a heap of packets, the next one first.
type byTime []delayed

func (p byTime) Len() int           { return len(p) }
func (p byTime) Less(i, j int) bool { return p[i].at.Before(p[j].at) }
func (p byTime) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *byTime) Push(x any)        { *p = append(*p, x.(delayed)) }
func (p *byTime) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}
