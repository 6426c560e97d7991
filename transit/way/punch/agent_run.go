package punch

import (
	"net/netip"
	"time"
)

// This file connects what an Agent knows with the sockets and the clock.

// run sends what is due.
func (a *Agent) run() {
	for a.ctx.Err() == nil {
		a.mu.Lock()
		out, urge, at := a.hunt.due(time.Now())
		a.mu.Unlock()
		a.send(out)
		if urge.tell {
			notify(a.changed)
		}
		if urge.reopen {
			a.refresh()
			continue
		}
		timer := time.NewTimer(time.Until(at))
		select {
		case <-a.ctx.Done():
			timer.Stop()
			return
		case <-a.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// receive takes what a socket got that isn't its carrier's.
func (a *Agent) receive(from netip.AddrPort, b []byte) {
	m, ok := parse(b)
	if !ok {
		return
	}
	a.mu.Lock()
	out, news := a.hunt.receive(from, m, time.Now())
	a.mu.Unlock()
	if news {
		notify(a.changed)
	}
	a.send(out)
	notify(a.kick)
}

// knock makes this side known at an address.
func (a *Agent) knock(to netip.AddrPort) {
	a.mu.Lock()
	out := a.hunt.knock(to, time.Now())
	a.mu.Unlock()
	a.send(out)
}

// send sends packets.
func (a *Agent) send(out []packet) {
	for _, p := range out {
		if s := a.socketFor(p.to); s != nil {
			s.send(p)
		}
	}
}

// socketFor returns the socket that packets to an address leave by, or nil.
func (a *Agent) socketFor(to netip.AddrPort) *socket {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.socketFor(to.Addr())
}

// A porter is who carriers ask about connections that others make.
type porter struct{ *Agent }

// known reports whether the peer was at an address lately.
func (a porter) known(from netip.AddrPort) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.known(from, time.Now())
}

// allows reports whether packets may be sent to an address of the peer.
func (a porter) allows(to netip.AddrPort) bool { return a.cfg.Allow(to) }

// take hands a connection that came in to Accept.
func (a porter) take(c Conn, gone <-chan struct{}) bool {
	select {
	case a.accepted <- c:
		return true
	case <-a.closing:
	case <-gone:
	}
	return false
}
