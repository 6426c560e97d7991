package session

import (
	"bytes"
	"math"

	"sesame/internal/varint"
)

// dealAll deals with the peer's control messages, one after another.
func (s *Session) dealAll() {
	for {
		var m incoming
		err := s.desk.until(s.ctx, func(st *state) (ok bool) {
			m, ok = st.in.take()
			return ok && !st.over
		})
		if err != nil {
			return
		}
		if err := s.deal(m.typ, m.body); err != nil {
			s.Fail(err)
		}
		s.desk.with(func(st *state) {
			st.in.done()
			st.ackDue, st.stirred = true, true
			st.wakeAll()
		})
	}
}

// deal deals with a control message.
func (s *Session) deal(typ Message, body []byte) error {
	switch {
	case typ.ofContent():
		r := varint.Reader{Rest: body}
		number := int64(r.Uint(math.MaxInt64 >> 1))
		if r.Failed {
			return nonsense(typ)
		}
		return s.dealContent(typ, ref{number, typ.ofReader()}, r.Rest)
	case typ == msgOpen:
		number, kind, err := parseOpen(body)
		if err != nil {
			return err
		}
		_, err = s.admit(number, kind)
		return err
	case typ == msgMessage:
		r := varint.Reader{Rest: body}
		which := readRef(&r)
		if r.Failed || len(r.Rest) > MaxBody {
			return nonsense(typ)
		}
		return s.dealMessage(which, r.Rest)
	case typ == msgDrop:
		return s.dealDrop(body)
	case typ == msgText:
		return s.dealText(body)
	case typ == msgLeave:
		return s.dealLeave(body)
	}
	return brokenf("%v", typ)
}

// dealContent deals with a message of an exchange of content, which may be its first.
func (s *Session) dealContent(typ Message, which ref, body []byte) error {
	var x *Exchange
	var h Handler
	var fresh bool
	var err error
	s.desk.with(func(st *state) {
		if fresh = !which.theirs && which.number >= st.book.theirs.next; fresh {
			return
		}
		if x, err = st.book.speaks(which, typ); x != nil {
			h = x.h
		}
	})
	if fresh {
		if x, err = s.admit(which.number, ""); x != nil {
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
		s.settled(x, func(b *book) { b.settle(x, nil) })
	}
	return nil
}

// admit takes an exchange that the peer opens. It returns nil if nobody here knows the
// kind.
func (s *Session) admit(number int64, kind string) (*Exchange, error) {
	x := &Exchange{s: s, content: kind == "", ended: make(chan struct{})}
	var err error
	s.desk.with(func(st *state) { err = st.book.admit(number, x) })
	if err != nil {
		return nil, err
	}
	h := s.host.Opened(x, kind)
	s.desk.with(func(*state) { x.h = h })
	if h == nil {
		x.Drop(Reason{Code: CodeUnknownKind})
		return nil, nil
	}
	return x, nil
}

// dealMessage deals with what is said in an exchange without content.
func (s *Session) dealMessage(which ref, body []byte) error {
	var x *Exchange
	var h Handler
	var err error
	s.desk.with(func(st *state) {
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
		s.settled(x, func(b *book) { b.heardAll(x) })
	}
	return nil
}

func (s *Session) dealDrop(body []byte) error {
	which, why, err := parseDrop(body)
	if err != nil {
		return err
	}
	s.desk.with(func(st *state) {
		x, answer, e := st.book.heardDrop(which, why)
		if err = e; x == nil {
			return
		}
		st.turns.remove(x)
		st.stirred = true
		if answer {
			st.post(msgDrop, AppendReason(ref{x.number, !x.own}.append(nil), Reason{}), nil)
		}
	})
	return err
}

func (s *Session) dealText(body []byte) error {
	var gone bool
	s.desk.with(func(st *state) { gone = st.book.gone })
	if gone {
		return broken("TEXT after LEAVE")
	}
	if checkText(string(body)) != nil {
		return nonsense(msgText)
	}
	return s.host.Heard(s.ctx, string(body))
}

func (s *Session) dealLeave(body []byte) error {
	if len(body) > 0 {
		return nonsense(msgLeave)
	}
	var again bool
	s.desk.with(func(st *state) { again, st.book.gone, st.stirred = st.book.gone, true, true })
	if again {
		return broken("LEAVE twice")
	}
	s.host.Left()
	return nil
}

// settled notes what may have settled an exchange.
func (s *Session) settled(x *Exchange, note func(*book)) {
	s.desk.with(func(st *state) {
		note(&st.book)
		if !st.book.holds(x) {
			st.turns.remove(x)
		}
		st.stirred = true
	})
}
