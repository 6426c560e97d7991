package relay

import (
	"net/netip"
	"sync"
	"time"
)

// A stunGate says which STUN requests are answered.
type stunGate struct {
	mu  sync.Mutex
	all *limiter[struct{}] // of everyone together
	per *limiter[netip.Addr]
}

func newSTUNGate(l Limits) *stunGate {
	each, all := l.STUNPerSource, 64*l.STUNPerSource
	return &stunGate{
		all: newLimiter[struct{}](all, time.Second/time.Duration(all), 1),
		per: newLimiter[netip.Addr](4*each, time.Second/time.Duration(each), l.Remembered),
	}
}

func (g *stunGate) allow(from netip.Addr) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.per.allow(network(from), now) && g.all.allow(struct{}{}, now)
}

// serveSTUN answers on the sockets of the configuration until Shutdown.
func (s *Server) serveSTUN() {
	if err := s.stun.Serve(newSTUNGate(s.limits).allow); err != nil {
		s.log.Warn("no STUN any more", "error", err)
	}
}
