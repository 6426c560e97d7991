package session

import (
	"time"

	"sesame/internal/tokens"
)

// Messages with our addresses are as far apart as mailPause in the long run; so many may
// go at once, since the peer waits for the first ones.
const (
	mailPause = 300 * time.Millisecond
	mailBurst = 3
)

// A mailer is what a session says and hears by mailbox after the first messages.
type mailer struct{ *Session }

// read takes the peer's mailbox messages. When the mailbox is gone, the lanes that
// there are must do.
func (s mailer) read() {
	for {
		b, err := s.ch.Receive(s.ctx)
		if err != nil {
			if s.ctx.Err() == nil {
				s.cfg.Logger.Info("mailbox gone: lanes that are lost can't be replaced through it", "error", err)
			}
			return
		}
		m, err := parseMail(b, s.cfg.message())
		if err == nil {
			err = s.take(m)
		}
		if err != nil {
			s.Fail(err)
			return
		}
	}
}

func (s mailer) take(m *mail) (err error) {
	if m.Error != nil {
		return &PeerError{*m.Error}
	}
	if m.Hints != nil {
		s.lanes.AddHints(m.Hints, m.Seen)
	}
	s.desk.with(func(st *state) {
		if m.Hints != nil {
			st.lanes.doubt(time.Now())
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

// watch has our addresses sent again when there are others.
func (s mailer) watch() {
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

// write tells the peer our addresses again when all lanes were lost, and when they
// have changed.
func (s mailer) write() {
	var said tokens.Bucket
	for {
		err := s.desk.until(s.ctx, func(st *state) bool {
			due := st.rehint
			st.rehint = false
			return due
		})
		if err != nil {
			return
		}
		hints, seen := s.lanes.Refresh()
		msg, err := (&mail{Hints: nonNil(hints), Seen: seen}).encode(s.cfg.message())
		if err == nil {
			err = s.ch.Send(s.ctx, msg)
		}
		if err != nil && s.ctx.Err() == nil {
			s.cfg.Logger.Info("new addresses could not be sent to the peer", "error", err)
		}
		now := time.Now()
		said.Take(mailPause, now)
		select {
		case <-s.ctx.Done():
		case <-time.After(said.Wait((mailBurst-1)*mailPause, now)):
		}
	}
}
