package punch

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
	"sesame/transit/natkind"
)

// An asker finds STUN servers, and what only they can tell.
type asker struct{ *Agent }

// maxLooked is how many addresses of a STUN server are looked at.
const maxLooked = 64

// The peer isn't told of near checks while it is found out how far they must go: for
// ttlTime at most, and ttlSoon from when a server has answered anything.
const (
	ttlTime = 700 * time.Millisecond
	ttlSoon = 250 * time.Millisecond
)

// all begins to find out where the STUN servers are.
func (a asker) all() {
	for i, name := range a.cfg.Servers[:min(len(a.cfg.Servers), maxNames)] {
		other := uint16(0)
		if i == 0 {
			other = a.cfg.Other
		}
		a.running.Go(func() { a.resolve(name, other) })
	}
}

// resolve finds out where a STUN server is, and has it asked. Other is another port of
// it, or 0.
func (a asker) resolve(name string, other uint16) {
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
	if other != 0 && len(to) > 0 && to[0].Addr().Is4() {
		a.gauge(ctx, to[0], netip.AddrPortFrom(to[0].Addr(), other))
	}
}

// gauge finds out how far near checks must go, with two ports of a STUN server.
func (a asker) gauge(ctx context.Context, first, second netip.AddrPort) {
	a.mu.Lock()
	a.hunt.shy.measure(time.Now().Add(ttlTime))
	a.mu.Unlock()
	err := natkind.Near(ctx, first, second, func(ttl int) {
		a.cfg.Logger.Debug("near checks", "ttl", ttl)
		a.mu.Lock()
		a.hunt.gauge(ttl, time.Now())
		a.mu.Unlock()
		notify(a.kick)
	})
	if err != nil {
		a.cfg.Logger.Info("no UDP port", "error", err)
	}
}
