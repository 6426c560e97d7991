package session

import (
	"slices"

	"sesame/session/choice"
)

const (
	// MaxWindow is how many bytes of content a side may have under way: sent, and not
	// acknowledged.
	MaxWindow = 16 << 20
	// nearlyDone is how little is left of what goes before the rest.
	nearlyDone = 1 << 20
)

// A Piece is a part of something that crosses in one frame. What it is of, Index says
// to who carries it.
type Piece struct {
	Index  int32
	Off, N int64
}

// A Bulk is the content that an exchange has to send. All methods but Fill are called
// with the session's lock held: they return at once, and call none of the session's.
type Bulk interface {
	// Waiting returns about how many bytes of content are to be sent now, 0 if there
	// are none.
	Waiting() int64
	// Take appends to dst the pieces of the next record, none if there is nothing to
	// send now. Most is how many bytes of content they may have together, and
	// MaxChunk the limit of it; each further piece counts FrameRoom besides.
	Take(dst []Piece, most int64) []Piece
	// Fill appends the frames of the pieces of a record to b, which has room for them.
	// It may leave some out, which count as arrived all the same.
	Fill(f *Filling, b []byte) []byte
	// Prospect returns about how many bytes of content the other side hasn't dealt with,
	// negative if nobody knows, and whether it passes them on in order: then what comes
	// late holds up the rest.
	Prospect() (left int64, ordered bool)
	// Settle takes pieces that the other side has dealt with, and reports whether that
	// is news for who waits in Await.
	Settle(pieces []Piece) (news bool)
	// Lose takes pieces back that have to be sent again, as the lane that had them is
	// gone. They may turn out to have arrived.
	Lose(pieces []Piece)
}

// cost is what pieces count in the window: what crosses, so that a hole counts
// little more than nothing.
func cost(pieces []Piece) int64 {
	var sum int64
	for _, p := range pieces {
		sum += min(p.N, MaxChunk)
	}
	return sum
}

// A turns says whose content is sent next, and how much of it all together. It has no
// clock; it isn't safe for concurrent use.
type turns struct {
	line    []turn // the one whose turn it is comes first
	freight freight
	bucket  bucket
	scratch []Piece
}

type turn struct {
	x    *Exchange
	bulk Bulk
}

func (q *turns) add(x *Exchange, b Bulk) { q.line = append(q.line, turn{x, b}) }

func (q *turns) remove(x *Exchange) {
	q.line = slices.DeleteFunc(q.line, func(t turn) bool { return t.x == x })
}

// waiting reports whether there is content to send.
func (q *turns) waiting() bool {
	for _, t := range q.line {
		if t.bulk.Waiting() > 0 {
			return true
		}
	}
	return q.freight.waits()
}

// prospect returns what lies ahead. Busy says that there was something to send all the
// time.
func (q *turns) prospect(busy bool) choice.Prospect {
	p := choice.Prospect{Waiting: busy, Limit: q.bucket.rate}
	for _, t := range q.line {
		left, ordered := t.bulk.Prospect()
		p.Ordered = p.Ordered || ordered
		if left < 0 || p.Left < 0 {
			p.Left = -1
		} else {
			p.Left += min(left, 1<<62-p.Left)
		}
	}
	return p
}

// full reports whether the window has no room.
func (q *turns) full() bool { return q.freight.bytes >= MaxWindow }

// choose returns what a lane sends next, in a record with at most so many bytes of
// content: first what is to be sent again; then of what is nearly done, otherwise in
// turn. It is nil if there is nothing.
func (q *turns) choose(lane int, most int64) *cargo {
	for {
		again, lost := q.freight.next(lane, most)
		if lost == nil && again == nil {
			break
		}
		if again != nil {
			q.charge(again, lane)
			return again
		}
		lost.of.bulk.Lose(lost.pieces)
	}
	for _, limit := range []int64{nearlyDone, 1<<63 - 1} {
		for k, t := range q.line {
			if w := t.bulk.Waiting(); w == 0 || w >= limit {
				continue
			}
			q.scratch = t.bulk.Take(q.scratch[:0], min(q.bucket.chunk(), most))
			if len(q.scratch) == 0 {
				continue
			}
			copy(q.line[k:], q.line[k+1:])
			q.line[len(q.line)-1] = t
			l := &cargo{of: t, pieces: slices.Clone(q.scratch), cost: cost(q.scratch)}
			q.charge(l, lane)
			return l
		}
	}
	return nil
}

// charge counts a cargo that a lane gets.
func (q *turns) charge(l *cargo, lane int) {
	q.bucket.take(l.cost)
	q.freight.put(l, lane)
}

// settle takes a cargo that a lane has brought, and reports whether that was the first
// one; news is what its exchange says of it.
func (q *turns) settle(l *cargo, lane int) (first, news bool) {
	if !q.freight.arrived(l, lane) {
		return false, false
	}
	return true, l.of.bulk.Settle(l.pieces)
}

// lose takes a cargo off a lane that is gone.
func (q *turns) lose(l *cargo, lane int) {
	if q.freight.gone(l, lane) {
		l.of.bulk.Lose(l.pieces)
	}
}

// recall has a cargo sent again that a lane holds up.
func (q *turns) recall(l *cargo, lane int) {
	if q.freight.recall(l, lane) {
		l.of.bulk.Lose(l.pieces)
	}
}

// limit lowers the rate to n bytes a second, if that is one.
func (q *turns) limit(n int64) {
	if n > 0 && (q.bucket.rate == 0 || n < q.bucket.rate) {
		q.bucket.rate = n
	}
}
