package relay

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
	request request
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
	order   list.List
	stirred []netip.Prefix // where something has been settled
}

func newHolds() holds { return holds{of: make(map[netip.Prefix][]*hold)} }

// add holds a command of s. It reports false if too many are held.
func (q *holds) add(s *caller, r request, now time.Time) bool {
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

// oldest returns what has been held for longest, or nil.
func (q *holds) oldest() *hold {
	if e := q.order.Front(); e != nil {
		return e.Value.(*hold)
	}
	return nil
}

// answer ends a command: with its error, if it has one. What can't be decided
// yet is held.
func (b *board) answer(s *caller, r request, err error, now time.Time) {
	if err == errHold {
		if s.hold != nil || b.holds.add(s, r, now) {
			return
		}
		err = errRuined(b.guesses.wait(s.source, now))
	}
	if s.hold != nil {
		b.holds.drop(s)
		b.out = append(b.out, delivery{to: s, goOn: true})
	}
	if err != nil {
		b.send(s, errorMessage(err, r.orig))
	}
}

// again tries a command that is held once more.
func (b *board) again(h *hold, now time.Time) {
	b.answer(h.caller, h.request, b.do(h.caller, h.request.cmd, now), now)
}

// resume tries again what is held where something has been settled.
func (b *board) resume(now time.Time) {
	for len(b.holds.stirred) > 0 {
		n := b.holds.stirred[0]
		b.holds.stirred = b.holds.stirred[1:]
		for _, h := range slices.Clone(b.holds.of[n]) {
			b.again(h, now)
		}
	}
}

// tick answers commands that have been held for long enough. It is to be called
// every second or so, and does a bounded amount of work.
func (b *board) tick(now time.Time) []delivery {
	for range 32 {
		h := b.holds.oldest()
		if h == nil || now.Sub(h.since) < holdTime {
			break
		}
		if b.again(h, now); h.caller.hold == h {
			b.answer(h.caller, h.request, errRuined(b.guesses.wait(h.caller.source, now)), now)
		}
	}
	return b.flush(now)
}
