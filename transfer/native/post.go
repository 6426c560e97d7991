package native

import (
	"fmt"
	"time"

	"sesame/internal/awake"
	"sesame/transfer"
)

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
			s.fail(&transfer.PeerError{Reason: *m.Error})
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
			s.ch.Check()
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
	meter := awake.Meter{Least: gapTime}
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			now := time.Now() // the ticker may have kept an old one for us
			if _, gap := meter.Pass(now); gap > 0 {
				s.woke(now, gap)
			}
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
		idle := c.lane.Idle()
		if c.pulse.doubt(now, idle, c.allowance(now, idle)) {
			c.pingDue = true
			c.wakeUp()
		}
	}
}

// woke notes that this process didn't run for a while.
func (s *session) woke(now time.Time, gap time.Duration) {
	s.cfg.Logger.Info("this program didn't run for a while", "time", gap.Round(time.Second))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.woke(now)
	for _, c := range s.carriers {
		c.pulse.woke(now)
		c.gauge.woke()
		c.pingDue = true
		c.wakeUp()
	}
}

func (s *session) look(now time.Time) {
	refused := s.lanes.Refused()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inflow.look(s.came.Load(), now)
	for _, c := range s.carriers {
		idle := c.lane.Idle()
		switch c.pulse.check(now, idle, c.waiting(now), c.allowance(now, idle)) {
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
	if len(s.carriers) == 0 {
		s.failLocked(fmt.Errorf("%w: %w", transfer.ErrLost, s.lanes.NoPath()))
		return
	}
	s.failLocked(transfer.ErrLost)
}
