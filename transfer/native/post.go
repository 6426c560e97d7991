package native

import "time"

// readMail takes the peer's mailbox messages. When the mailbox is gone, the
// lanes that there are must do.
func (s *session) readMail() {
	for {
		b, err := s.ch.Receive(s.ctx)
		if err != nil {
			if s.ctx.Err() == nil {
				s.cfg.Logger.Info("mailbox gone: lanes that are lost can't be replaced through it", "error", err)
			}
			return
		}
		m, err := parseMail(b)
		switch {
		case err != nil:
			s.fail(err)
			return
		case m.Error != nil:
			s.fail(&PeerError{m.Error.Class, m.Error.Reason})
			return
		case m.Done:
			if err := s.half.mailDone(m.losses()); err != nil {
				s.fail(err)
				return
			}
		case m.Hints != nil:
			s.lanes.AddHints(m.Hints)
			s.mu.Lock()
			s.doubtLanes(time.Now())
			s.mu.Unlock()
		}
	}
}

// watchNetwork has our addresses sent again when there are others.
func (s *session) watchNetwork() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.lanes.Changed():
		case <-s.lanes.Moved():
			if s.cfg.Moved != nil {
				s.call(s.cfg.Moved)
			}
		}
		s.mu.Lock()
		s.rehint = true
		s.cond.Broadcast()
		s.mu.Unlock()
	}
}

// mailPause is the least time between two messages with our addresses.
const mailPause = 300 * time.Millisecond

// writeMail tells the peer our addresses again when all lanes were lost, and
// when they have changed.
func (s *session) writeMail() {
	for {
		s.mu.Lock()
		for !s.rehint && s.ctx.Err() == nil {
			s.cond.Wait()
		}
		s.rehint = false
		s.mu.Unlock()
		if s.ctx.Err() != nil {
			return
		}
		msg, err := (&mail{Hints: nonNil(s.lanes.Refresh())}).encode()
		if err == nil {
			err = s.ch.Send(s.ctx, msg)
		}
		if err != nil && s.ctx.Err() == nil {
			s.cfg.Logger.Info("new addresses could not be sent to the peer", "error", err)
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(mailPause):
		}
	}
}

// tickTime is how often a session looks after its lanes.
const tickTime = 200 * time.Millisecond

// observe looks for lanes that are dead and for waits that make no sense.
func (s *session) observe() {
	ticker := time.NewTicker(tickTime)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-ticker.C:
			s.look(now)
			s.tellPath(now, false)
			s.half.tick(now)
		case <-s.measured:
			s.tellPath(time.Now(), false)
		}
	}
}

// doubtLanes asks lanes on which nothing comes whether they still work: another
// one has come up, or the peer sent new addresses, so it may have moved. mu is
// held.
func (s *session) doubtLanes(now time.Time) {
	for _, c := range s.carriers {
		if c.pulse.doubt(now, c.lane.Idle()) {
			c.pingDue = true
			c.wakeUp()
		}
	}
}

func (s *session) look(now time.Time) {
	refused := s.lanes.Refused()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.carriers {
		switch c.pulse.check(now, c.lane.Idle(), c.waiting(now)) {
		case ask:
			c.pingDue = true
			c.wakeUp()
		case dead:
			s.wg.Go(func() { c.end(errSilent) })
		}
		if c.gauge.wants(now) && !c.pingDue {
			c.pingDue = true
			c.wakeUp()
		}
	}
	if s.over || !s.watch.check(now, len(s.carriers), s.half.owes(), refused) {
		return
	}
	err := ErrLost
	if why, ok := s.lanes.(interface{ whyLost() error }); ok && len(s.carriers) == 0 {
		err = why.whyLost()
	}
	s.failLocked(err)
}
