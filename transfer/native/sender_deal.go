package native

import (
	"context"
	"io"

	"sesame/session"
	"sesame/transfer"
)

// Deal is session.Handler's.
func (s *sender) Deal(typ session.Message, body []byte) error {
	switch typ {
	case msgHeld:
		return s.dealRanges(typ, body, &s.held, "holds something after it accepted", (*schedule).hold)
	case msgSkip:
		return s.dealRanges(typ, body, &s.skipped, "skips something after it accepted", (*schedule).decline)
	case msgAccept:
		return s.dealAccept(body)
	case msgReject:
		r := read(body)
		why := r.reason()
		if r.Failed {
			return nonsense(msgReject)
		}
		s.ending.change(func(e *fate) { e.rejected = &transfer.Rejection{Reason: why} })
		return nil
	case msgNames:
		return s.dealNames(body)
	case msgHave:
		return s.compare.dealHave(body)
	case msgWhole:
		return s.compare.dealWhole(body)
	case msgDone:
		return s.dealDone(body)
	}
	return brokenf("%v from a receiver", named(typ))
}

// Take is session.Handler's. Content comes from who has opened the exchange.
func (s *sender) Take(*session.Frame) error { return broken("content from a receiver") }

func (s *sender) dealRanges(typ session.Message, body []byte, end *int, late string, mark func(*schedule, int, int) error) (err error) {
	if s.accepted {
		return broken(late)
	}
	s.with(func(sched *schedule) {
		*end, err = parseRanges(typ, body, *end, len(s.m.Entries), func(first, n int) error { return mark(sched, first, n) })
	})
	return err
}

func (s *sender) dealAccept(body []byte) error {
	a, err := parseAcceptance(body)
	if err != nil {
		return err
	}
	held := 0
	s.with(func(sched *schedule) { held, sched.ordered = sched.held, a.ordered })
	switch {
	case s.accepted:
		return broken("accepts twice")
	case a.ordered && held > 0:
		return broken("holds something of what it passes on")
	}
	s.accepted = true
	s.c.session.Limit(a.limit)
	s.ending.change(func(e *fate) { e.accepted = true })
	return nil
}

// dealNames notes what makes something get another name there.
func (s *sender) dealNames(body []byte) error {
	n, err := parseNaming(body)
	if err != nil {
		return err
	}
	if s.accepted || s.ending.is().names != nil {
		return broken("NAMES too late")
	}
	s.ending.change(func(e *fate) { e.names = &n.Rules })
	s.c.session.Stir()
	return nil
}

// dealDone takes the receiver's word that everything is in place but what is lost.
func (s *sender) dealDone(body []byte) error {
	lost, err := parseDone(body, len(s.m.Entries))
	if err != nil {
		return err
	}
	if !s.ending.is().posted {
		return broken("DONE before SENT")
	}
	s.ending.change(func(e *fate) {
		for _, f := range lost {
			e.failures = append(e.failures, transfer.Failure{Path: s.m.Entries[f.index].Path, Why: f.reason.Entry(), There: true})
		}
		e.finished = true
	})
	return nil
}

// feedStream reads the stream until it ends, never more than the window ahead of what
// has arrived.
func (s *sender) feedStream(ctx context.Context, r io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if s.await(ctx, func() bool { return s.room(n) }) != nil {
			return
		}
		s.read(buf[:n], err != nil)
		s.x.Wake()
		if err != nil {
			s.endStream(ctx, err)
			return
		}
	}
}

// endStream tells the receiver where the stream ended, if it did well.
func (s *sender) endStream(ctx context.Context, err error) {
	i := s.feed.index
	if err != io.EOF {
		s.fail(i, err)
		return
	}
	if s.x.Post(ctx, msgEnd, finish{i, s.streamEnd()}.append(nil)) != nil {
		return
	}
	s.with(func(sched *schedule) { sched.endStream(i) })
	s.c.session.Stir()
}
