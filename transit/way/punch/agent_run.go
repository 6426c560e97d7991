package punch

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// This file connects what an Agent knows with the sockets and the clock.

// run sends what is due.
func (a *Agent) run() {
	for {
		a.mu.Lock()
		out, at := a.hunt.due(time.Now())
		a.mu.Unlock()
		a.send(out)
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
			s.carrier.write(p.data, p.to)
		}
	}
}

// socketFor returns the socket that packets to an address leave by, or nil.
func (a *Agent) socketFor(to netip.AddrPort) *socket {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.socketFor(to.Addr())
}

// known reports whether the peer was at an address lately.
func (a *Agent) known(from netip.AddrPort) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.known(from, time.Now())
}

// allows reports whether packets may be sent to an address of the peer.
func (a *Agent) allows(to netip.AddrPort) bool { return a.cfg.Allow(to) }

// resolveAll begins to find out where the STUN servers are.
func (a *Agent) resolveAll() {
	for _, name := range a.cfg.Servers[:min(len(a.cfg.Servers), maxNames)] {
		a.running.Go(func() { a.resolve(name) })
	}
}

// maxLooked is how many addresses of a STUN server are looked at.
const maxLooked = 64

// resolve finds out where a STUN server is, and has it asked.
func (a *Agent) resolve(name string) {
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	all, err := addr.Lookup(ctx, name, maxLooked)
	if err != nil {
		a.cfg.Logger.Info("a STUN server's name doesn't resolve")
		return
	}
	var to []netip.AddrPort
	for _, four := range []bool{true, false} { // one address of each family
		if i := slices.IndexFunc(all, func(at netip.AddrPort) bool { return at.Addr().Is4() == four }); i >= 0 {
			to = append(to, all[i])
		}
	}
	a.mu.Lock()
	a.hunt.reflex.ask(to, time.Now())
	a.mu.Unlock()
	notify(a.kick)
}
