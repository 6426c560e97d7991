package relay

import (
	"sync/atomic"

	"sesame/internal/wire"
	"sesame/relay/trust"
)

// A live is what may change while the server runs. It may be used concurrently.
type live struct{ now atomic.Pointer[policy] }

// A policy doesn't change.
type policy struct {
	limits  Limits
	said    wire.Welcome // to everybody
	permit  permits
	blocked *trust.Set
}

func policyOf(cfg *Config) *policy {
	return &policy{
		limits: cfg.Limits.WithDefaults(),
		permit: permitsOf(cfg), blocked: cfg.Blocked,
		said: wire.Welcome{MOTD: cfg.MOTD, Error: cfg.Refusal, CLIVersion: cfg.CLIVersion},
	}
}

// limits returns the limits that hold now.
func (l *live) limits() *Limits { return &l.now.Load().limits }

// Change has the server go by another Config from now on: by its Limits, MOTD, Refusal,
// CLIVersion, Tokens, Contact and
// Blocked. Of the limits those stay that a server has once and for all: Conns, Ducts,
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
	s.mail.board.Resize(l.mailboxes())
	s.pipesMu.Lock()
	s.pipes.resize(*l)
	s.pipesMu.Unlock()
}

// resize has the pairing go by other limits.
func (p *pairing) resize(l Limits) {
	p.limits = l
	p.held.Resize(l.WaitingPerSource, l.Waiting)
}
