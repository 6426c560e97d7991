package session

import (
	"time"
)

// mailPause is the least time between two messages with our addresses.
const mailPause = 300 * time.Millisecond

// readMail takes the peer's mailbox messages. When the mailbox is gone, the lanes that
// there are must do.
func (s *Session) readMail() {
	for {
		b, err := s.ch.Receive(s.ctx)
		if err != nil {
			if s.ctx.Err() == nil {
				s.cfg.Logger.Info("mailbox gone: lanes that are lost can't be replaced through it", "error", err)
			}
			return
		}
		m, err := parseMail(b)
		if err == nil {
			err = s.takeMail(m)
		}
		if err != nil {
			s.Fail(err)
			return
		}
	}
}

func (s *Session) takeMail(m *mail) (err error) {
	if m.Error != nil {
		return &PeerError{*m.Error}
	}
	if m.Hints != nil {
		s.lanes.AddHints(m.Hints)
	}
	s.desk.with(func(st *state) {
		if m.Hints != nil {
			st.doubtLanes(time.Now())
		}
		for _, c := range m.Control {
			fresh, e := st.in.add(c.Number, c.Type, c.Body)
			if err = e; err != nil {
				return
			}
			st.stirred = st.stirred || fresh
		}
	})
	return err
}

// watchNetwork has our addresses sent again when there are others.
func (s *Session) watchNetwork() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.lanes.Changed():
		case <-s.lanes.Moved():
			s.ch.Check()
		}
		s.desk.with(func(st *state) { st.rehint, st.stirred = true, true })
	}
}

// writeMail tells the peer our addresses again when all lanes were lost, and when they
// have changed.
func (s *Session) writeMail() {
	for {
		err := s.desk.until(s.ctx, func(st *state) bool {
			due := st.rehint
			st.rehint = false
			return due
		})
		if err != nil {
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
