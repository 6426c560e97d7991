package session

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"sesame/transit/record"
)

// A source of records is all that a goroutine has that reads a lane: it can't write.
type source interface {
	Read() (typ byte, p []byte, err error)
	Carried()
	Acked(total int64)
}

// A sink of records is what one has that writes.
type sink interface {
	Write(typ byte, buf []byte, n int) error
}

// A keeper has the lanes of a session closed when they end.
type keeper struct{ *Session }

// run takes each lane that comes up.
func (s keeper) run() {
	for {
		l, err := s.lanes.Next(s.ctx)
		if err != nil {
			if s.ctx.Err() == nil {
				s.Fail(err)
			}
			return
		}
		s.wg.Go(func() { s.keep(l) })
	}
}

// keep has a lane while it lasts: one goroutine reads from it, one writes, and this one
// ends it.
func (s keeper) keep(l Lane) {
	now := time.Now()
	t := newTraffic(l, now)
	s.desk.with(func(st *state) { st.laneUp(t, now) })
	s.cfg.Logger.Info("lane up", "lane", t.number, "path", l.Path().Kind)
	s.teller.noteNews()
	in := &inlet{from: l, desk: s.desk, t: t, busy: t.busy, came: &s.came, teller: s.teller, fail: s.Fail}
	out := &outlet{to: l, desk: s.desk, t: t}
	s.wg.Go(func() { t.end(in.run()) })
	s.wg.Go(func() { t.end(out.run()) })

	err := <-t.stop
	var alone bool
	s.desk.with(func(st *state) { alone = st.laneDown(t, err, err == io.EOF) })
	t.wakeUp()
	s.cfg.Logger.Info("lane down", "lane", t.number, "error", err)
	if alone {
		s.teller.tellLost(t)
	}
	if err == errSilent {
		l.Drop()
	} else {
		l.Close()
	}
	s.desk.with((*state).laneClosed)
}

// An inlet is the goroutine that reads from a lane. What it finds is due is a mark for
// others, and what comes in an exchange is for who handles that.
type inlet struct {
	from   source
	desk   *desk
	t      *traffic
	busy   *atomic.Int64
	came   *atomic.Int64
	teller *teller
	fail   func(error)

	f     word
	whose int64     // content belongs to this exchange of the peer's,
	x     *Exchange // which is this one; nil if that has to be looked up,
	h     Handler   // and who handles it
	spare []byte    // for what is unpacked
	taken int64     // records that were counted
	acked time.Time // when the peer was told last
}

// run takes what the lane brings until it ends.
func (in *inlet) run() error {
	for {
		in.busy.Store(time.Now().UnixNano())
		typ, p, err := in.from.Read()
		in.busy.Store(0)
		if err != nil {
			return err
		}
		if err := in.take(typ, p); err != nil {
			var rule *ProtocolError
			if errors.As(err, &rule) {
				in.fail(err)
			}
			return err
		}
	}
}

// take deals with one record. An error is the lane's; one that ends the session has
// been told to it, and the lane is read on: the peer is to hear why.
func (in *inlet) take(typ byte, p []byte) error {
	in.came.Add(int64(len(p)))
	if len(p) >= leastRecord {
		in.from.Carried()
	}
	switch typ {
	case record.Final:
		return io.EOF
	case recordPlain, recordAsk, recordAside:
	default:
		return brokenf("record of unknown type %d", typ)
	}
	in.belongs(0)
	for len(p) > 0 {
		f, rest, err := nextFrame(p)
		if err == nil {
			in.f = f
			err = in.frame(typ)
		}
		if err != nil {
			in.fail(err)
			return nil
		}
		p = rest
	}
	if typ != recordAside {
		in.count(typ == recordAsk)
	}
	return nil
}

// count has a record acknowledged if that was asked for, and in any case once in
// ackTime.
func (in *inlet) count(asked bool) {
	in.taken++
	now := time.Now()
	if !asked && now.Sub(in.acked) < ackTime {
		return
	}
	in.acked = now
	in.desk.with(func(st *state) {
		if in.t.taken = in.taken; !st.over {
			in.t.ackDue = true
			in.t.wakeUp()
		}
	})
}

// belongs notes whose the content is that follows.
func (in *inlet) belongs(number int64) {
	if number != in.whose || in.x != nil && in.x.Over() {
		in.whose, in.x = number, nil
	}
}

// frame takes one frame.
func (in *inlet) frame(typ byte) (err error) {
	f := &in.f
	switch f.Kind {
	case Data, Packed, Hole:
		if typ == recordAside {
			return broken("content in a record that isn't counted")
		}
		return in.content()
	case kindFor:
		in.belongs(f.N)
		return nil
	case kindControl:
		if typ == recordAside {
			return broken("a control message in a record that isn't counted")
		}
		if f.typ == msgAbort { // it doesn't wait for its turn
			why, err := parseAbort(f.Body)
			if err == nil {
				err = &PeerError{why}
			}
			return err
		}
	case kindAck:
		in.teller.recent.Store(in.t)
	}
	arrived := int64(0)
	in.desk.with(func(st *state) {
		err = st.frame(in.t, f)
		arrived = in.t.flight.arrived
	})
	if f.Kind == kindAck {
		if in.from.Acked(arrived); arrived > firstFlight {
			in.from.Carried()
		}
	}
	if f.Kind == kindPong {
		in.teller.noteNews()
	}
	return err
}

// content takes content of an exchange.
func (in *inlet) content() (err error) {
	if in.x == nil {
		in.desk.with(func(st *state) {
			if in.x, err = st.book.find(ref{number: in.whose}); in.x != nil {
				in.h = in.x.h
			}
		})
		switch {
		case err != nil: // who has accepted it knows it
			return broken("data before ACCEPT")
		case in.x == nil:
			return nil // it was under way when the exchange was settled
		}
	}
	in.teller.recent.Store(in.t)
	in.t.brought.Add(int64(len(in.f.Body)))
	switch {
	case in.x.Over():
		return nil
	case !in.x.content:
		return broken("content in an exchange that has none")
	case in.h == nil:
		return broken("data before ACCEPT")
	}
	if in.f.Kind == Packed {
		if in.spare == nil {
			in.spare = make([]byte, 0, MaxChunk)
		}
		in.f.Spare = in.spare
	}
	return in.h.Take(&in.f.Frame)
}
