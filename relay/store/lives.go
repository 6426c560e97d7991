package store

import (
	"container/heap"
	"time"
)

// Lives knows when records end. The zero value knows none. It has no clock and does no
// locking.
type Lives struct {
	queue endings
	of    map[Key]*ending
}

type ending struct {
	key   Key
	at    time.Time
	index int
}

// Set says when a record ends.
func (l *Lives) Set(k Key, at time.Time) {
	if e := l.of[k]; e != nil {
		e.at = at
		heap.Fix(&l.queue, e.index)
		return
	}
	if l.of == nil {
		l.of = make(map[Key]*ending)
	}
	e := &ending{key: k, at: at}
	l.of[k] = e
	heap.Push(&l.queue, e)
}

// Drop says that a record is no more.
func (l *Lives) Drop(k Key) {
	if e := l.of[k]; e != nil {
		heap.Remove(&l.queue, e.index)
		delete(l.of, k)
	}
}

// Over reports whether the life of a record is over, or isn't known.
func (l *Lives) Over(k Key, now time.Time) bool {
	e := l.of[k]
	return e == nil || !now.Before(e.at)
}

// Ended returns records whose lives are over, so many at most.
func (l *Lives) Ended(now time.Time, most int) (keys []Key) {
	// The heap's order is one of parents before children: whose life isn't over has none below.
	look := []int{0}
	for len(look) > 0 && len(keys) < most {
		i := look[len(look)-1]
		look = look[:len(look)-1]
		if i >= len(l.queue) || now.Before(l.queue[i].at) {
			continue
		}
		keys = append(keys, l.queue[i].key)
		look = append(look, 2*i+1, 2*i+2)
	}
	return keys
}

type endings []*ending

func (q endings) Len() int           { return len(q) }
func (q endings) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q endings) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *endings) Push(x any) {
	e := x.(*ending)
	e.index = len(*q)
	*q = append(*q, e)
}
func (q *endings) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return e
}
