package session

import (
	"context"
	"time"
)

// How long the peer has to confirm that it knows of the end, when there is a lane,
// beside a round trip, and when there is none; and to hear why this side gives up.
const (
	finishTime = 5 * time.Second
	lostTime   = 15 * time.Second
	graceTime  = 2 * time.Second
)

// Close leaves the session, waits until everything is settled and the other side knows
// it, and ends the session. It waits for LEAVE of the other side for some seconds only.
// The error is the session's, or ctx's, which makes the session fail; but nothing makes
// it fail once all is settled.
func (s *Session) Close(ctx context.Context) error {
	s.Leave()
	var failed error
	err := s.desk.until(ctx, func(st *state) bool {
		failed = st.err
		return failed != nil || st.book.quiet()
	})
	switch {
	case failed != nil:
	case err != nil:
		s.Fail(err)
	case !s.flush():
		s.mailRest()
	}
	return s.End()
}

// flush reports whether the other side knows everything, and has left or ended a lane.
// It waits for that, but not for ever.
func (s *Session) flush() bool {
	ctx, cancel := context.WithTimeout(s.ctx, lostTime)
	defer cancel()
	began, told := time.Now(), false
	var finish time.Duration
	s.desk.with(func(st *state) { finish = finishTime + st.lanes.roundTrip(began) })
	defer time.AfterFunc(finish, s.Stir).Stop()
	s.desk.until(ctx, func(st *state) bool {
		late := len(st.lanes.all) > 0 && time.Since(began) >= finish
		told = st.out.empty() || st.farewell
		return st.err != nil || told && (st.book.gone || st.farewell) || late
	})
	if !told {
		s.cfg.Logger.Info("the other side could not be told of the end over a lane")
	}
	return told
}

// mailRest says by mailbox what the other side doesn't know and has to.
func (s *Session) mailRest() {
	var m mail
	s.desk.with(func(st *state) { m.Control = st.out.rest(maxMailControl) })
	if len(m.Control) == 0 {
		return
	}
	if msg, err := m.encode(s.cfg.message()); err == nil {
		ctx, cancel := context.WithTimeout(s.ctx, graceTime)
		defer cancel()
		s.ch.Send(ctx, msg)
	}
}

// End ends the session and everything it started. A failure is told to the peer first,
// within two seconds and a round trip. It returns the session's error.
func (s *Session) End() error {
	s.ending.Do(s.shutdown)
	var err error
	s.desk.with(func(st *state) { err = st.err })
	return err
}

func (s *Session) shutdown() {
	var err error
	var telling bool
	s.desk.with(func(st *state) {
		st.over, err, telling = true, st.err, st.out.has(msgAbort)
	})
	if telling {
		s.tellWhy(err)
	}
	s.teller.tell(time.Now(), true)
	s.desk.with(func(st *state) { st.close(err) })
	s.desk.until(s.ctx, func(st *state) bool { return len(st.lanes.all)+st.lanes.parting == 0 })
	s.cancel()
	s.lanes.Close()
	s.wg.Wait()
}

// tellWhy waits until the peer has heard of an abort, by lane or else by mailbox.
func (s *Session) tellWhy(err error) {
	now, alone := time.Now(), false
	var grace time.Duration
	s.desk.with(func(st *state) { grace, alone = graceTime+st.lanes.roundTrip(now), len(st.lanes.all) == 0 })
	if !alone {
		ctx, cancel := context.WithTimeout(s.ctx, grace)
		defer cancel()
		s.desk.until(ctx, func(st *state) bool { return st.out.empty() || len(st.lanes.all) == 0 })
		return
	}
	why, _ := s.reason(err)
	msg, merr := (&mail{Error: &why}).encode(s.cfg.message())
	if merr != nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, graceTime)
	defer cancel()
	if err := s.ch.Send(ctx, msg); err != nil {
		s.cfg.Logger.Debug("the peer could not be told", "error", err)
	}
}
