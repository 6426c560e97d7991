//go:build !js

package punch

import (
	"net"
	"net/netip"
	"time"
)

// This file connects the two machines with the sockets and the clock.

// run sends what is due.
func (a *Agent) run() {
	for {
		out, at := a.due(time.Now())
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

// due returns what to send now, and when there may be more.
func (a *Agent) due(now time.Time) (out []packet, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.seeking {
		return nil, now.Add(time.Hour)
	}
	out, at = a.reflex.tick(now), a.reflex.wake(now)
	if a.checker != nil {
		out = append(out, a.checker.tick(now)...)
		if t := a.checker.wake(now); t.Before(at) {
			at = t
		}
	}
	return out, at
}

// receive takes what a socket got that isn't QUIC.
func (a *Agent) receive(from netip.AddrPort, b []byte) {
	m, ok := parse(b)
	if !ok {
		return
	}
	a.mu.Lock()
	now := time.Now()
	var out []packet
	ours, news := a.reflex.receive(from, m, now)
	if !ours && a.checker != nil {
		out, news = a.checker.receive(from, m, now)
	}
	if news {
		a.tell()
	}
	a.mu.Unlock()
	a.send(out)
	a.wakeUp()
}

// knock makes this side known at an address.
func (a *Agent) knock(to netip.AddrPort) {
	var out []packet
	a.mu.Lock()
	if a.checker != nil {
		out = a.checker.knock(to, time.Now())
	}
	a.mu.Unlock()
	a.send(out)
}

// send sends packets. One that can't be sent is like one that got lost.
func (a *Agent) send(out []packet) {
	for _, p := range out {
		if s := a.socketFor(p.to); s != nil {
			s.transport.WriteTo(p.data, net.UDPAddrFromAddrPort(p.to))
		}
	}
}

// socketFor returns the socket that packets to an address leave by, or nil.
func (a *Agent) socketFor(to netip.AddrPort) *socket {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sockets {
		if s.four == to.Addr().Is4() {
			return s
		}
	}
	return nil
}

// known reports whether the peer was at an address lately.
func (a *Agent) known(from netip.AddrPort) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.checker != nil && a.checker.known(from, time.Now())
}
