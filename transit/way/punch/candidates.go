//go:build !js

package punch

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// This file is about our own addresses, as others see them.

// Candidates returns the addresses at which the peer should try to reach this
// side, as far as they are known: there may be more later. At most 16.
func (a *Agent) Candidates() []netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := append(a.reflex.addrs(), a.added...)
	for _, ip := range a.cfg.Addrs {
		for _, s := range a.sockets {
			if s.four == ip.Is4() {
				out = append(out, netip.AddrPortFrom(ip, s.port))
			}
		}
	}
	var distinct []netip.AddrPort
	for _, c := range out {
		if !slices.Contains(distinct, c) {
			distinct = append(distinct, c)
		}
	}
	return distinct[:min(len(distinct), maxOwn)]
}

// Add makes an address one of the Candidates: a router's, that leads to one of
// Ports. It is for as long as Move doesn't open other ports.
func (a *Agent) Add(c netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.added) < maxOwn && !slices.Contains(a.added, c) {
		a.added = append(a.added, c)
		a.tell()
	}
}

// Ports returns the UDP ports for IPv4 and IPv6, 0 where there is none.
func (a *Agent) Ports() (v4, v6 uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sockets {
		if s.four {
			v4 = s.port
		} else {
			v6 = s.port
		}
	}
	return v4, v6
}

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
	a.reflex.ask(to, time.Now())
	a.mu.Unlock()
	a.wakeUp()
}
