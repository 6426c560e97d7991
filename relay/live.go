package relay

import (
	"sync/atomic"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// A live is what may change while the server runs. It may be used concurrently.
type live struct{ now atomic.Pointer[policy] }

// A policy doesn't change.
type policy struct {
	limits Limits
	said   wire.Welcome // to everybody
}

func policyOf(cfg *Config) *policy {
	return &policy{
		limits: cfg.Limits.WithDefaults(),
		said:   wire.Welcome{MOTD: cfg.MOTD, Error: cfg.Refusal, CLIVersion: cfg.CLIVersion},
	}
}

// limits returns the limits that hold now.
func (l *live) limits() *Limits { return &l.now.Load().limits }

// Change has the server go by another Config from now on: by its Limits, MOTD, Refusal and
// CLIVersion. Of the limits those stay that a server has once and for all: Conns, Ducts,
// Handshake, TotalBacklog, Remembered and STUNPerSource. Clients that hold more than they
// may from now on keep it.
func (s *Server) Change(cfg *Config) {
	p := policyOf(cfg)
	before := s.live.limits()
	l := &p.limits
	l.Conns, l.Ducts, l.Handshake = before.Conns, before.Ducts, before.Handshake
	l.TotalBacklog, l.Remembered, l.STUNPerSource = before.TotalBacklog, before.Remembered, before.STUNPerSource
	s.live.now.Store(p)
	s.door.resize(*l)
	s.mu.Lock()
	resizeBoard(s.board, *l)
	s.mu.Unlock()
	s.pipesMu.Lock()
	s.pipes.resize(*l)
	s.pipesMu.Unlock()
}

// resizeBoard has a board go by other limits.
func resizeBoard(b *board, l Limits) {
	b.limits = l
	b.sources.Resize(l.MailboxesPerSource, l.Mailboxes)
	b.claims.Resize(perMinute(l.ClaimsPerSource))
	b.unknown.Resize(perMinute(l.UnknownPerSource))
	b.listing.Resize(perMinute(l.ListsPerSource))
	b.guesses.burst, b.guesses.period = l.RuinedPerSource, l.RuinedEvery
}

// resize has the pairing go by other limits.
func (p *pairing) resize(l Limits) {
	p.limits = l
	p.held.Resize(l.WaitingPerSource, l.Waiting)
}

// perMinute is a rate of n a minute, and n at once.
func perMinute(n int) (burst int, period time.Duration) { return n, time.Minute / time.Duration(n) }

func ratePerMinute(n, remembered int) source.Rate {
	burst, period := perMinute(n)
	return source.NewRate(burst, period, remembered)
}
