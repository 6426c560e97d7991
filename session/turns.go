package session

import "slices"

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
	line   []turn // the one whose turn it is comes first
	bytes  int64  // under way, on all lanes
	bucket bucket
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
	return false
}

// full reports whether the window has no room.
func (q *turns) full() bool { return q.bytes >= MaxWindow }

// choose appends to dst the pieces of a record with at most so many bytes of content,
// and says whose they are: of what is nearly done first, otherwise in turn. The zero
// turn stands for none.
func (q *turns) choose(dst []Piece, most int64) (turn, []Piece) {
	for _, limit := range []int64{nearlyDone, 1<<63 - 1} {
		for k, t := range q.line {
			if w := t.bulk.Waiting(); w > 0 && w < limit && q.take(t, &dst, most) {
				copy(q.line[k:], q.line[k+1:])
				q.line[len(q.line)-1] = t
				return t, dst
			}
		}
	}
	return turn{}, dst
}

func (q *turns) take(t turn, dst *[]Piece, most int64) bool {
	*dst = t.bulk.Take(*dst, min(q.bucket.chunk(), most))
	if len(*dst) == 0 {
		return false
	}
	n := cost(*dst)
	q.bucket.take(n)
	q.bytes += n
	return true
}

// limit lowers the rate to n bytes a second, if that is one.
func (q *turns) limit(n int64) {
	if n > 0 && (q.bucket.rate == 0 || n < q.bucket.rate) {
		q.bucket.rate = n
	}
}
