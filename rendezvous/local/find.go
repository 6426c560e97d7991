//go:build !js

package local

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Find looks for the sender that announces a nameplate, and returns the
// addresses at which it answered, in no order. It looks until ctx ends: the
// sender may come later. If several claim the nameplate the error is an
// *AmbiguousError; another one says that multicast isn't possible.
func Find(ctx context.Context, nameplate string) ([]netip.AddrPort, error) {
	g, err := join()
	if err != nil {
		return nil, err
	}
	defer g.close()
	s := newSeeker(nameplate, time.Now())
	scan := time.NewTicker(scanEvery)
	defer scan.Stop()
	for {
		ask, done := s.tick(time.Now())
		if done {
			return s.result()
		}
		if ask {
			for _, index := range g.indexes() {
				g.send(index, question(subtypeName(nameplate)))
			}
		}
		tick := time.NewTimer(time.Until(s.wake()))
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil, ctx.Err()
		case <-tick.C:
		case <-scan.C:
			if len(g.scan()) > 0 {
				s.linked(time.Now())
			}
		case p := <-g.in:
			s.heard(time.Now(), p.packet, p.from)
		}
		tick.Stop()
	}
}

// result returns the sender, or that there are several.
func (s *seeker) result() ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	if len(s.found) > 1 {
		for _, f := range s.found {
			out = append(out, netip.AddrPortFrom(f.addrs[0], f.port))
		}
		return nil, &AmbiguousError{out}
	}
	for _, a := range s.found[0].addrs {
		out = append(out, netip.AddrPortFrom(a, s.found[0].port))
	}
	return out, nil
}

// Browse calls seen with the nameplate of each announcement that it hears, until
// ctx ends: a thousand at most, each once.
func Browse(ctx context.Context, seen func(nameplate string)) error {
	g, err := join()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, g.close)()
	for _, index := range g.indexes() {
		g.send(index, question(serviceName))
	}
	var all []string
	for p := range g.in {
		for _, c := range p.claims {
			if len(all) < maxTaken && !slices.Contains(all, c.nameplate) {
				all = append(all, c.nameplate)
				seen(c.nameplate)
			}
		}
	}
	return ctx.Err()
}
