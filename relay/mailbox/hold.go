package mailbox

import (
	"container/list"
	"net/netip"
	"slices"
	"time"
)

// A hold is a command that can't be answered before it is known what became of
// other seats of its source. Its caller gives no further one meanwhile.
type hold struct {
	caller  *caller
	request Request
	since   time.Time
	turn    *list.Element
}

// holdTime is how long a command is held: less than clients wait for an answer.
const holdTime = 20 * time.Second

// holdsPerNetwork is how many commands of one network are held.
const holdsPerNetwork = 64

// holds are the commands that are held, in the order in which they came.
type holds struct {
	of      map[netip.Prefix][]*hold // by the widest network of their source
	order   list.List                // of *hold
	stirred []netip.Prefix           // where something has been settled
}

func newHolds() holds { return holds{of: make(map[netip.Prefix][]*hold)} }

// add holds a command of s. It reports false if too many are held.
func (q *holds) add(s *caller, r Request, now time.Time) bool {
	n := s.source.Widest()
	if len(q.of[n]) >= holdsPerNetwork {
		return false
	}
	s.hold = &hold{caller: s, request: r, since: now}
	s.hold.turn = q.order.PushBack(s.hold)
	q.of[n] = append(q.of[n], s.hold)
	return true
}

// drop ends the hold of s, if there is one.
func (q *holds) drop(s *caller) {
	h, n := s.hold, s.source.Widest()
	if h == nil {
		return
	}
	s.hold = nil
	q.order.Remove(h.turn)
	if q.of[n] = slices.DeleteFunc(q.of[n], func(o *hold) bool { return o == h }); len(q.of[n]) == 0 {
		delete(q.of, n)
	}
}

// stir says that something has been settled for a network.
func (q *holds) stir(n netip.Prefix) {
	if len(q.of[n]) > 0 && !slices.Contains(q.stirred, n) {
		q.stirred = append(q.stirred, n)
	}
}

// tired wakes those that have been held for long enough, a few at a time.
func (q *holds) tired(now time.Time, wake func(*hold)) {
	for e, n := q.order.Front(), 0; e != nil && n < 32; e, n = e.Next(), n+1 {
		h := e.Value.(*hold)
		if now.Sub(h.since) < holdTime {
			return
		}
		wake(h)
	}
}

// rouse wakes those that are to be tried again since something has been settled.
func (q *holds) rouse(wake func(*hold)) {
	for _, n := range q.stirred {
		for _, h := range q.of[n] {
			wake(h)
		}
	}
	q.stirred = nil
}
