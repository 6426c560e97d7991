package relay

import (
	"time"

	"sesame/internal/wire"
)

// This file is what a server has to do that is there for two clients alone, in the
// program of one of them (doc/local.md §2).

// Admit has pipes with a token joined, in a server whose Config is Private, and
// closes those that wait with others.
func (s *Server) Admit(token string) {
	s.pipesMu.Lock()
	gone := s.pipes.admit(token)
	s.pipesMu.Unlock()
	killAll(gone)
}

// Seal says that those have met for whom the server is there. From then on it takes
// nobody new: mailbox clients have to be of a side that some mailbox has now, which may
// come back as often as they like. Others are cut, and refused when they say who they are.
func (s *Server) Seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliver(s.board.seal(time.Now()))
}

// An identity is what a client says it is.
type identity struct{ app, side string }

// A guestList knows who has bound, and from some time on who may.
type guestList struct {
	here map[*caller]struct{}
	only map[identity]bool // nil: everybody
}

const errMet refusal = "those who are to meet here have met"

// bind notes who a client is. One that mustn't be here is cut.
func (b *board) bind(s *caller, c wire.Command) error {
	if err := s.bind(c); err != nil {
		return err
	}
	if b.guests.only != nil && !b.guests.only[identity{s.app, s.side}] {
		s.bound = false
		b.hangUp(s)
		return errMet
	}
	if b.guests.here == nil {
		b.guests.here = make(map[*caller]struct{})
	}
	b.guests.here[s] = struct{}{}
	return nil
}

// seal takes nobody any more but those sides that mailboxes have.
func (b *board) seal(now time.Time) []delivery {
	b.guests.only = make(map[identity]bool)
	for _, m := range b.mailboxes {
		for _, p := range m.sides {
			b.guests.only[identity{m.app.id, p.name}] = true
		}
	}
	for s := range b.guests.here {
		if !b.guests.only[identity{s.app, s.side}] {
			b.hangUp(s)
		}
	}
	return b.flush(now)
}

func (b *board) hangUp(s *caller) {
	b.out = append(b.out, delivery{to: s, hangUp: true})
}

// admit lets pipes with a token be joined, and returns those that wait with one that
// isn't admitted.
func (p *pairing) admit(token string) (gone []*waiter) {
	if p.admitted == nil {
		p.admitted = make(map[string]bool)
	}
	p.admitted[token] = true
	for t, ws := range p.tokens {
		if !p.admitted[t] {
			gone = append(gone, ws...)
		}
	}
	for _, w := range gone {
		p.leave(w)
	}
	return gone
}

// may says what becomes of pipes with a token: whether they may wait, and whether
// they may be joined. As long as no token is admitted, the one that will be may come
// too early.
func (p *pairing) may(token string) (wait, join bool) {
	if !p.private {
		return true, true
	}
	return len(p.admitted) == 0 || p.admitted[token], p.admitted[token]
}
