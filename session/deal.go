package session

import (
	"bytes"
	"math"

	"sesame/internal/varint"
)

// A dealer is the goroutine that deals with the peer's control messages, one after
// another.
type dealer struct {
	s    *Session
	desk *desk
	host Host
}

func (d *dealer) run() {
	for {
		var m incoming
		err := d.desk.until(d.s.ctx, func(st *state) (ok bool) {
			m, ok = st.in.take()
			return ok && !st.over
		})
		if err != nil {
			return
		}
		if err := d.deal(m.typ, m.body); err != nil {
			d.s.Fail(err)
		}
		d.desk.with(func(st *state) {
			if st.err != nil {
				return // what couldn't be dealt with isn't acknowledged
			}
			st.in.done()
			st.ackDue, st.stirred = true, true
			st.lanes.wake()
		})
	}
}

// deal deals with a control message.
func (d *dealer) deal(typ Message, body []byte) error {
	switch {
	case typ.ofContent():
		r := varint.Reader{Rest: body}
		number := int64(r.Uint(math.MaxInt64 >> 1))
		if r.Failed {
			return nonsense(typ)
		}
		return d.dealContent(typ, ref{number, typ.ofReader()}, r.Rest)
	case typ == msgOpen:
		number, kind, err := parseOpen(body)
		if err != nil {
			return err
		}
		_, err = d.admit(number, kind)
		return err
	case typ == msgMessage:
		r := varint.Reader{Rest: body}
		which := readRef(&r)
		if r.Failed || len(r.Rest) > MaxBody {
			return nonsense(typ)
		}
		return d.dealMessage(which, r.Rest)
	case typ == msgDrop:
		return d.dealDrop(body)
	case typ == msgText:
		return d.dealText(body)
	case typ == msgLeave:
		return d.dealLeave(body)
	}
	return brokenf("%v", typ)
}

// dealContent deals with a message of an exchange of content, which may be its first.
func (d *dealer) dealContent(typ Message, which ref, body []byte) error {
	var x *Exchange
	var h Handler
	var fresh bool
	var err error
	d.desk.with(func(st *state) {
		if fresh = !which.theirs && which.number >= st.book.theirs.next; fresh {
			return
		}
		if x, err = st.book.speaks(which, typ); x != nil {
			h = x.h
		}
	})
	if fresh {
		if x, err = d.admit(which.number, ""); x != nil {
			h = x.h
		}
	}
	if err != nil || x == nil || h == nil {
		return err
	}
	if err := h.Deal(typ, body); err != nil {
		return err
	}
	if typ.settles() {
		d.settled(x, func(b *book) { b.settle(x, nil) })
	}
	return nil
}

// admit takes an exchange that the peer opens. It returns nil if nobody here knows the
// kind.
func (d *dealer) admit(number int64, kind string) (*Exchange, error) {
	x := &Exchange{s: d.s, content: kind == "", ended: make(chan struct{})}
	var err error
	d.desk.with(func(st *state) { err = st.book.admit(number, x) })
	if err != nil {
		return nil, err
	}
	h := d.host.Opened(x, kind)
	d.desk.with(func(*state) { x.h = h })
	if h == nil {
		x.Drop(Reason{Code: CodeUnknownKind})
		return nil, nil
	}
	return x, nil
}

// dealMessage deals with what is said in an exchange without content.
func (d *dealer) dealMessage(which ref, body []byte) error {
	var x *Exchange
	var h Handler
	var err error
	d.desk.with(func(st *state) {
		if x, err = st.book.speaks(which, msgMessage); x != nil && !x.dropped {
			h = x.h
		}
	})
	if err != nil || x == nil {
		return err
	}
	if h != nil {
		said := bytes.Clone(body)
		if len(body) == 0 {
			said = nil
		}
		if err := h.Deal(Say, said); err != nil {
			return err
		}
	}
	if len(body) == 0 {
		d.settled(x, func(b *book) { b.heardAll(x) })
	}
	return nil
}

func (d *dealer) dealDrop(body []byte) error {
	which, why, err := parseDrop(body)
	if err != nil {
		return err
	}
	d.desk.with(func(st *state) {
		x, answer, e := st.book.heardDrop(which, why)
		if err = e; x == nil {
			return
		}
		st.turns.remove(x)
		st.stirred = true
		if answer {
			st.drop(x, Reason{})
		}
	})
	return err
}

func (d *dealer) dealText(body []byte) error {
	var gone bool
	d.desk.with(func(st *state) { gone = st.book.gone })
	if gone {
		return broken("TEXT after LEAVE")
	}
	if checkText(string(body)) != nil {
		return nonsense(msgText)
	}
	return d.host.Heard(d.s.ctx, string(body))
}

func (d *dealer) dealLeave(body []byte) error {
	if len(body) > 0 {
		return nonsense(msgLeave)
	}
	var again bool
	d.desk.with(func(st *state) { again, st.book.gone, st.stirred = st.book.gone, true, true })
	if again {
		return broken("LEAVE twice")
	}
	d.host.Left()
	return nil
}

// settled notes what may have settled an exchange.
func (d *dealer) settled(x *Exchange, note func(*book)) {
	d.desk.with(func(st *state) {
		note(&st.book)
		if !st.book.holds(x) {
			st.turns.remove(x)
		}
		st.stirred = true
	})
}
