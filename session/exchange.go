package session

import (
	"context"
	"errors"
	"sync/atomic"

	"sesame/internal/varint"
)

// An Exchange is one thing that two sides do with each other in a session, by messages
// that arrive once and in order, and perhaps with content. One of them has opened it.
// It lasts until it is settled, in the same way for both. Its methods may be called by
// several goroutines.
type Exchange struct {
	s       *Session
	content bool    // its messages are those below 32, and it may have content
	h       Handler // never changes once a message has been dealt with
	part
	twice int64         // bytes that are under way on two lanes, or have arrived on both; the state's
	over  atomic.Bool   // it is settled, or dropped by this side, or the session has ended
	ended chan struct{} // closed when it is settled, or the session has ended
	err   error         // why, once ended is closed
}

// A Handler deals with what the peer says in an exchange. An error ends the session.
type Handler interface {
	// Deal takes a message, in its turn. All exchanges of a session are dealt with by
	// one goroutine, so it must return soon; what it leaves for later, it bounds. In an
	// exchange of content it gets types below 32; in any other it gets Say, in the end
	// with nil: the other side has said all. body is the Handler's.
	Deal(typ Message, body []byte) error
	// Take takes content, in the goroutine that reads from a lane, whenever some
	// comes: several may call it at once. The lane is read on when it returns. It may
	// still be under way when the exchange has ended, but isn't called any more.
	Take(f *Frame) error
}

// Say is the type of what is said in an exchange that has no content.
const Say = msgMessage

// Number returns the number of the exchange, of those that the same side has opened.
func (x *Exchange) Number() int64 { return x.number }

// Ended is closed when the exchange is settled, or the session has ended.
func (x *Exchange) Ended() <-chan struct{} { return x.ended }

// Err returns why the exchange has ended, once Ended is closed: nil if it was settled
// well, a *DropError, or the session's error.
func (x *Exchange) Err() error {
	<-x.ended
	return x.err
}

// Over reports whether there is no use in going on: x is settled or dropped, or the
// session has ended.
func (x *Exchange) Over() bool { return x.over.Load() }

// Post puts a message in line, when there is room for it. A large one waits until half
// of the window is free, so that others pass. A message that settles the exchange is
// the last. The error is ctx's, or why the exchange is over.
func (x *Exchange) Post(ctx context.Context, typ Message, body []byte) error {
	return x.post(ctx, typ, append(varint.Append(make([]byte, 0, len(body)+9), uint64(x.number)), body...), nil)
}

// Dealt waits until the peer has dealt with all that was posted before, or until or,
// for which the rules of Await hold, reports true, or the exchange is over. The error is
// ctx's.
func (x *Exchange) Dealt(ctx context.Context, or func() bool) error {
	end := int64(-1)
	return x.s.desk.until(ctx, func(st *state) bool {
		if end < 0 {
			end = st.out.acked + int64(len(st.out.msgs))
		}
		return st.out.acked >= end || x.over.Load() || or()
	})
}

// Finish is Post for a message that settles the exchange and has to arrive. If there is
// no lane at the end, it goes by mailbox; brief, if it isn't nil, stands for body there,
// which isn't made for long ones.
func (x *Exchange) Finish(ctx context.Context, typ Message, body, brief []byte) error {
	whose := varint.Append(nil, uint64(x.number))
	if brief == nil {
		brief = body
	}
	return x.post(ctx, typ, append(whose[:len(whose):len(whose)], body...), append(whose[:len(whose):len(whose)], brief...))
}

// Say says something in an exchange without content: 1 to MaxBody bytes.
func (x *Exchange) Say(ctx context.Context, body []byte) error {
	if len(body) == 0 || len(body) > MaxBody {
		return errors.New("session: a message has 1 to 65536 bytes")
	}
	return x.post(ctx, msgMessage, append(ref{x.number, !x.own}.append(nil), body...), nil)
}

// Close tells the other side that this one has said all. When both have, the exchange
// is settled.
func (x *Exchange) Close(ctx context.Context) error {
	return x.post(ctx, msgMessage, ref{x.number, !x.own}.append(nil), nil)
}

func (x *Exchange) post(ctx context.Context, typ Message, body, brief []byte) error {
	var err error
	waiting := x.s.desk.until(ctx, func(st *state) bool {
		switch {
		case st.err != nil:
			err = st.err
		case x.over.Load():
			err = x.err
			if err == nil {
				err = ErrSettled
			}
		case !st.out.room(len(body)):
			return false
		default:
			st.post(typ, body, brief)
			if st.book.said(x, typ, len(body)); typ.settles() {
				st.farewell = false // what counts from now on is that the peer knows this
			}
		}
		return true
	})
	if waiting != nil {
		return waiting
	}
	return err
}

// ErrSettled means that something is said in an exchange that is settled.
var ErrSettled = errors.New("the exchange is settled")

// Drop ends the exchange, unless it is settled: nothing that the peer says in it is
// taken any more. It returns at once; Ended tells when the peer knows. If the peer had
// settled it before, that is what counts.
func (x *Exchange) Drop(why Reason) {
	x.s.desk.with(func(st *state) {
		if st.err == nil && st.book.drop(x) {
			st.turns.remove(x)
			x.err = &DropError{why, true}
			st.drop(x, why)
		}
	})
}

// Carry lets the exchange send content. It is called once, by the side that opened it.
func (x *Exchange) Carry(b Bulk) {
	x.s.desk.with(func(st *state) {
		if !x.over.Load() {
			st.turns.add(x, b)
			st.lanes.wake()
		}
	})
}

// Wake tells that there may be content to send that wasn't there before.
func (x *Exchange) Wake() {
	x.s.desk.with(func(st *state) { st.lanes.wake() })
}

// finish ends the exchange. It is called by the state only.
func (x *Exchange) finish(err error) {
	select {
	case <-x.ended:
		return
	default:
	}
	x.over.Store(true)
	x.err = err
	close(x.ended)
}
