package door

import (
	"slices"

	"sesame/relay/source"
)

// Turns lets a bounded number do at the same time what costs the server much, such as
// the first steps of TLS. While all places are taken the others wait: who comes next is
// of the source that has fewest at work.
type Turns struct {
	most, each int // at work; of one source, at work and waiting
	working    int
	of         map[source.Source]*queue
	waiting    []*Turn // oldest first
}

// A Turn is one that is at work or waits.
type Turn struct {
	source source.Source
	queue  *queue
	begin  func()
	drop   func()
	begun  bool
	left   bool
}

// A queue counts what one source has.
type queue struct{ working, all int }

// queued is how many may wait for each that is at work.
const queued = 8

// NewTurns returns places for a number at a time.
func NewTurns(most int) *Turns {
	return &Turns{most: most, each: max(most/2, 1), of: make(map[source.Source]*queue)}
}

// Enter asks for a turn; nil says that there is none to be had. Begin is called, once
// and at once or by a later Leave, when it is there. Drop is called, by a later Enter,
// if others need the place where it waits: then it is as if Leave had been called.
// Otherwise Leave gives it up, when it is over or of no use any more.
func (t *Turns) Enter(s source.Source, begin, drop func()) *Turn {
	q := t.of[s]
	if q == nil {
		q = new(queue)
	}
	if q.all >= t.each || t.working >= t.most && len(t.waiting) >= queued*t.most && !t.makeRoom(q.all) {
		return nil
	}
	q.all++
	t.of[s] = q
	turn := &Turn{source: s, queue: q, begin: begin, drop: drop}
	if t.working < t.most {
		t.start(turn)
	} else {
		t.waiting = append(t.waiting, turn)
	}
	return turn
}

// makeRoom drops the newest that waits of a source that has most, if that is more than
// one more than somebody's has who comes, and reports whether there was one.
func (t *Turns) makeRoom(has int) bool {
	var richest *Turn
	for _, o := range t.waiting {
		if richest == nil || o.queue.all >= richest.queue.all {
			richest = o
		}
	}
	if richest == nil || richest.queue.all <= has+1 {
		return false
	}
	t.Leave(richest)
	richest.drop()
	return true
}

// Leave ends a turn, or the wait for it. Another call does nothing.
func (t *Turns) Leave(turn *Turn) {
	if turn.left { // dropped, while whoever waited gave it up
		return
	}
	turn.left = true
	q := turn.queue
	if q.all--; q.all == 0 {
		delete(t.of, turn.source)
	}
	if !turn.begun {
		t.waiting = slices.DeleteFunc(t.waiting, func(o *Turn) bool { return o == turn })
		return
	}
	q.working--
	t.working--
	if len(t.waiting) == 0 {
		return
	}
	next := 0
	for i, o := range t.waiting {
		if o.queue.working < t.waiting[next].queue.working {
			next = i
		}
	}
	first := t.waiting[next]
	t.waiting = slices.Delete(t.waiting, next, next+1)
	t.start(first)
}

func (t *Turns) start(turn *Turn) {
	turn.begun = true
	turn.queue.working++
	t.working++
	turn.begin()
}
