package native

import (
	"context"
	"io"
	"sync"
	"time"
)

// shutdown ends the session and everything it started. A failure is told to the
// peer first, within graceTime. It returns the session's error.
func (s *session) shutdown() error {
	s.mu.Lock()
	s.over = true
	s.halted.Store(true)
	err := s.err
	telling := false
	for _, m := range s.out.msgs {
		telling = telling || m.typ == msgAbort
	}
	if telling {
		s.say(err)
	}
	carriers := append([]*carrier(nil), s.carriers...)
	s.cond.Broadcast()
	s.mu.Unlock()
	s.tellPath(time.Now(), true)

	var closing sync.WaitGroup
	for _, c := range carriers {
		closing.Go(func() { c.end(io.EOF) })
	}
	closing.Wait()
	s.cancel()
	s.mu.Lock()
	s.cond.Broadcast()
	s.mu.Unlock()
	s.lanes.Close()
	s.wg.Wait()
	s.packer.close()
	return err
}

// graceTime is how long the peer has to hear why this side stops, beside a round
// trip.
const graceTime = 2 * time.Second

// roundTrip returns how long the slowest lane takes at present to bring something
// to the peer and back. mu is held.
func (s *session) roundTrip() (d time.Duration) {
	now := time.Now()
	for _, c := range s.carriers {
		d = max(d, c.gauge.recent(now, c.lane.Idle()))
	}
	return min(d, longest)
}

// say waits until the peer has heard of an abort, by lane or else by mailbox. mu
// is held, and released while it waits.
func (s *session) say(err error) {
	grace := graceTime + s.roundTrip()
	deadline := time.Now().Add(grace)
	wake := time.AfterFunc(grace, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cond.Broadcast()
	})
	defer wake.Stop()
	alone := len(s.carriers) == 0
	for !s.out.empty() && len(s.carriers) > 0 && time.Now().Before(deadline) {
		s.cond.Wait()
	}
	if !alone {
		return
	}
	why := reasonFor(err)
	msg, merr := (&mail{Error: &why}).encode()
	if merr != nil {
		return
	}
	s.mu.Unlock()
	defer s.mu.Lock()
	ctx, cancel := context.WithTimeout(s.ctx, graceTime)
	defer cancel()
	if err := s.ch.Send(ctx, msg); err != nil {
		s.cfg.Logger.Debug("the peer could not be told", "error", err)
	}
}
