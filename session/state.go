package session

import (
	"errors"
	"fmt"
	"io"
	"time"

	"sesame/transit/record"
)

// A state is what a session knows and decides by, without lanes, clock or goroutines.
// It isn't safe for concurrent use: see desk.
type state struct {
	stirred  bool // there is news for who waits
	out      outbox
	in       inbox
	ackDue   bool // the peer doesn't know how much of in was dealt with
	book     book
	turns    turns
	lanes    fleet
	watch    watch
	wanting  wanting
	telling  telling
	err      error
	over     bool // failed, or ended: nothing new is said
	closed   bool // no lane is of use any more
	farewell bool // the peer has ended a lane in an orderly way
	rehint   bool // the peer should get our addresses
	damaged  int  // lanes that brought damaged records

	reason func(error) (why Reason, tell bool) // what the peer is told of an error
	failed chan struct{}                       // closed when err is set
}

// post puts a control message in line and returns its number.
func (st *state) post(typ Message, body, brief []byte) int64 {
	st.lanes.wake()
	st.stirred = true
	return st.out.add(typ, body, brief)
}

// drop says DROP of an exchange. There is room for that: no side has many unsettled, unless
// it deals with nothing that it is told.
func (st *state) drop(x *Exchange, why Reason) {
	body := AppendReason(ref{x.number, !x.own}.append(nil), why)
	if st.out.bytes+len(body)+perMessage > controlWindow {
		st.fail(broken("opens exchanges, and doesn't deal with what it is told of them"))
		return
	}
	st.post(msgDrop, body, nil)
}

// fail ends the session with an error, the first of which counts. The peer learns of it
// during shutdown. When all is settled there is nothing that could fail.
func (st *state) fail(err error) {
	if st.over || err == nil || st.book.idle() {
		return
	}
	st.err, st.over, st.stirred = err, true, true
	close(st.failed)
	st.book.fail(err)
	if why, tell := st.reason(err); tell {
		st.post(msgAbort, AppendReason(nil, why), nil)
	}
}

// laneUp takes a new lane.
func (st *state) laneUp(t *traffic, now time.Time) {
	st.watch.laneUp(now)
	st.lanes.put(t, now)
	st.ackDue = true // what went before may have been lost
	if st.closed {
		t.end(io.EOF)
	}
}

// laneDown takes a lane out: what it carried goes over others. It reports whether that
// was the last one of a session that goes on.
func (st *state) laneDown(t *traffic, err error, orderly bool) (alone bool) {
	if !st.lanes.remove(t) {
		return false
	}
	st.farewell = st.farewell || orderly
	st.out.lost(t.number)
	st.ackDue = st.ackDue || !st.over
	t.flight.clear(func(l *cargo) { st.turns.lose(l, t.number) })
	st.lanes.wake()
	st.stirred = true
	if errors.Is(err, record.ErrDamaged) {
		if st.damaged++; st.damaged > maxDamaged {
			st.fail(fmt.Errorf("%d lanes in a row were tampered with: %w", st.damaged, err))
		}
	}
	alone = len(st.lanes.all) == 0 && !st.over && !st.book.idle()
	st.rehint = st.rehint || alone
	return alone
}

// laneClosed notes that a lane that was taken out is closed.
func (st *state) laneClosed() {
	st.lanes.parting--
	st.stirred = true
}

// close ends all lanes, and what comes of exchanges that aren't settled is err, or that
// the session has ended.
func (st *state) close(err error) {
	if err == nil {
		err = ErrLeft
	}
	st.closed, st.stirred = true, true
	st.book.fail(err)
	st.lanes.end(io.EOF)
}

// acknowledged takes the peer's word that it has dealt with the first n records of a
// lane.
func (st *state) acknowledged(t *traffic, n int64, now time.Time) error {
	settled, content, arrived := false, false, t.flight.arrived
	err := t.flight.ack(n, now, func(l *cargo) {
		content = true
		first, news := st.turns.settle(l, t.number)
		settled = settled || first
		st.stirred = st.stirred || news
	})
	if content {
		t.brought.Add(t.flight.arrived - arrived)
	}
	if settled { // a sign of life is none
		st.watch.progress()
	}
	st.lanes.wake()
	return err
}

// control takes a control message from a lane.
func (st *state) control(t *traffic, seq int64, typ Message, body []byte) error {
	st.ackDue = st.ackDue || seq < st.in.dealt // it hasn't heard
	fresh, err := st.in.add(seq, typ, body)
	st.stirred = st.stirred || fresh
	if st.ackDue {
		t.wakeUp()
	}
	return err
}

// dealtWith takes the peer's word that it has dealt with the control messages before
// one.
func (st *state) dealtWith(next int64) error {
	before := st.out.acked
	err := st.out.ack(next)
	if st.out.acked > before {
		st.watch.progress()
		st.stirred = true
		st.lanes.wake()
	}
	return err
}

// owes reports whether the peer owes us an acknowledgement of content.
func (st *state) owes() bool {
	return st.turns.freight.bytes > 0 || st.turns.bucket.rate == 0 && st.turns.waiting()
}

// look does what time brings, and reports whether waiting makes no sense any more, and
// whether a lane through a relay is wanted from now on.
func (st *state) look(now time.Time, came int64, refused bool) (giveUp, relay bool) {
	waiting := st.turns.waiting()
	busy := waiting && st.turns.bucket.rate == 0
	st.lanes.measure(now, came, busy)
	ahead := st.turns.prospect(waiting)
	st.lanes.choose(now, ahead)
	relay = st.wanting.look(&st.lanes, ahead, now)
	for _, t := range st.lanes.all {
		if t.lane.Suspended() { // what it holds up goes over others
			st.recall(t)
		}
	}
	if st.turns.freight.bytes > 0 && !waiting {
		st.lanes.wake() // what comes last may come sooner elsewhere
	}
	return !st.over && st.watch.check(now, len(st.lanes.all), st.owes(), refused), relay
}

// recall has sent again what a lane holds up, though it may bring it still.
func (st *state) recall(t *traffic) {
	t.flight.recall(func(l *cargo) { st.turns.recall(l, t.number) })
	st.out.lost(t.number)
	st.lanes.wake()
}

// woke notes that this process didn't run for a while.
func (st *state) woke(now time.Time) {
	st.watch.woke(now)
	st.lanes.woke(now)
}

// frame takes what the session itself is told on a lane.
func (st *state) frame(t *traffic, f *word) error {
	now := time.Now()
	switch f.Kind {
	case kindAck:
		return st.acknowledged(t, f.N, now)
	case kindControl:
		return st.control(t, f.N, f.typ, f.Body)
	case kindControlAck:
		return st.dealtWith(f.N)
	case kindPing:
		t.pong, t.pongDue = f.N, true
		t.wakeUp()
	case kindPong:
		t.gauge.pong(f.N, now)
	}
	return nil
}
