package relay

import (
	"time"

	"sesame/relay/store"
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
// goes through: it doesn't return if one of them hangs.
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

// ErrOver is store.ErrOver: only another start of the program helps.
var ErrOver = store.ErrOver

// Health returns why nothing new is kept, nil if it is. If that isn't ErrOver it may pass
// by itself.
func (s *Server) Health() error { return s.mail.board.Health() }
