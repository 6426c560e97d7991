package mapped

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// headStart is what the Port Control Protocol has before the others: a router
// near by that speaks it has answered then.
const headStart = 500 * time.Millisecond

// A finding is what one way to ask the router came to.
type finding struct {
	speaker speaker
	grant   *grant // the mapping is there already
	err     error
}

// negotiate finds out what the router speaks, and makes a mapping. All are asked
// at once, so that what it doesn't speak costs no time; but only one makes a
// mapping. Even after an error, the speaker, if there is one, may have made it.
func negotiate(ctx context.Context, control, ssdp netip.AddrPort, r request) (speaker, grant, error) {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	best := newPCP(control)
	first := make(chan finding, 1)
	others := make(chan finding, 2)
	running.Go(func() {
		g, err := best.open(ctx, r)
		first <- finding{best, &g, err}
	})
	running.Go(func() {
		s := natPMP{control}
		_, err := s.address(ctx)
		others <- finding{s, nil, err}
	})
	running.Go(func() {
		s, err := findUPnP(ctx, ssdp)
		others <- finding{s, nil, err}
	})
	wait := time.NewTimer(headStart)
	defer wait.Stop()
	var last speaker
	var why error
	take := (<-chan finding)(nil) // others, when it is their turn
	for pending := 3; pending > 0; {
		var f finding
		select {
		case <-ctx.Done():
			if last == nil {
				last = best
			}
			return last, grant{}, worse(why, errSilent)
		case <-wait.C:
			take = others
			continue
		case f = <-first:
			if f.err == nil {
				return f.speaker, *f.grant, nil
			}
			take = others
		case f = <-take:
			if f.err == nil {
				last = f.speaker
				g, err := f.speaker.open(ctx, r)
				if err == nil {
					return f.speaker, g, nil
				}
				f.err = err
			}
		}
		pending--
		why = worse(why, f.err)
	}
	return last, grant{}, why
}

// worse returns which of two reasons says more: anything but silence.
func worse(a, b error) error {
	if a == nil || a == errSilent || a == errOtherVersion {
		return b
	}
	return a
}
