package relay

import (
	"context"
	"time"

	"sesame/relay/store"
)

// Counts is what a server has at one moment.
type Counts struct {
	Clients   int // of mailboxes, connected
	Mailboxes int
	Waiting   int // pipes without a partner
	Pairs     int // of pipes
	Level     int // of defence
	Pressure  int // how large a share of codes is guessed wrong, 0 to 3
	// Stalled is for how long the oldest change of a mailbox has been waiting for the
	// store: more than moments where a disk hangs.
	Stalled time.Duration
}

// Counts returns what the server has now. It takes the locks that every client's way
// goes through: it doesn't return if one of them hangs.
func (s *Server) Counts() (c Counts) {
	s.door.mu.Lock() // each connection waits for it
	s.door.mu.Unlock()
	c.Clients = s.mail.visitors.count()
	c.Mailboxes = s.mail.board.Mailboxes()
	c.Stalled = s.mail.board.Stalled()
	c.Level, c.Pressure = s.guard.level(), s.mail.board.Pressure(time.Now())
	c.Waiting, c.Pairs = s.pipes.Counts()
	return c
}

// ErrOver is store.ErrOver: only another start of the program helps.
var ErrOver = store.ErrOver

// Health returns why nothing new is kept, nil if it is. If that isn't ErrOver it may pass
// by itself.
func (s *Server) Health() error { return s.mail.board.Health() }

// Change has the server go by another Config from now on: by its Limits, MOTD, Refusal,
// CLIVersion, Tokens, Contact, Level and
// Blocked. Of the limits those stay that a server has once and for all: Conns, Ducts,
// Handshake, TotalBacklog, Remembered and STUNPerSource. Clients that hold more than they
// may from now on keep it.
func (s *Server) Change(cfg *Config) {
	p := policyOf(cfg)
	before := s.live.limits()
	l := &p.limits
	l.Conns, l.Ducts, l.Handshake = before.Conns, before.Ducts, before.Handshake
	l.TotalBacklog, l.Remembered, l.STUNPerSource = before.TotalBacklog, before.Remembered, before.STUNPerSource
	s.guard.change(p)
}

// Admit has pipes with a token joined, in a server whose Config is Private, and
// closes those that wait with others.
func (s *Server) Admit(token string) { s.pipes.Admit(token) }

// Seal says that those have met for whom the server is there. From then on it takes
// nobody new: mailbox clients have to be of a side that some mailbox has now, which may
// come back as often as they like. Others are cut, and refused when they say who they are.
func (s *Server) Seal() {
	if err := s.mail.board.Seal(s.ctx); err != nil {
		s.log.Error("can't tell who has met", "error", err)
	}
}

// Vacated waits until there is no mailbox left and nobody connected to ask for
// one: everybody who met has closed theirs, and knows it. A server that serves
// one meeting can be shut down then without cutting anybody short. It returns
// the error of ctx if that ends first.
func (s *Server) Vacated(ctx context.Context) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if s.mail.left() == 0 {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
