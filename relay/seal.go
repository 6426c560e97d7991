package relay

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
	if err := s.mail.board.Seal(s.ctx); err != nil {
		s.log.Error("can't tell who has met", "error", err)
	}
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
