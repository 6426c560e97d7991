package relay

import (
	"context"
	"time"
)

// Counts is what a server has at one moment.
type Counts struct {
	Clients   int // of mailboxes, connected
	Mailboxes int
	Waiting   int // pipes without a partner
	Pairs     int // of pipes
	Level     int // of pressure, 0 for none
}

// Counts returns what the server has now. It takes the locks that every client's way
// goes through.
func (s *Server) Counts() (c Counts) {
	s.door.mu.Lock() // each connection waits for it
	s.door.mu.Unlock()
	c.Clients = s.mail.visitors.count()
	c.Mailboxes = s.mail.board.Mailboxes()
	c.Level = s.mail.board.Pressure(time.Now())
	s.pipesMu.Lock()
	defer s.pipesMu.Unlock()
	c.Waiting, c.Pairs = s.pipes.held.Len(), len(s.pairs)
	return c
}

// Check returns why the server can't do its work, nil if it can. It doesn't return if
// something in it hangs: whoever supervises the program takes that for a reason to start
// it again.
func (s *Server) Check(context.Context) error {
	s.Counts()
	return s.mail.board.Health()
}
