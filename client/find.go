package client

import (
	"context"

	"sesame/rendezvous"
)

// A seeking looks for the venue where a sender waits.
type seeking struct {
	servers
	from Sender
}

// find returns a client of the server where the sender of a code waits. own is set if
// the sender serves that itself. called is the call that was made while the code was
// typed, nil if none was.
func (c seeking) find(ctx context.Context, code rendezvous.Code, called *call) (at *rendezvous.Client, own *ownPath, err error) {
	switch {
	case code.Local:
		at, own, err = c.dialSender(ctx, code)
	case c.from.At != "":
		err = &ConfigError{"At", c.from.At, errNoServer}
	case called != nil:
		c.noteUnused()
		done := reaching(c.core)
		at, err = called.take(ctx)
		if done(); err == nil {
			c.tellMOTD(at)
		}
	default:
		at, err = c.dial(ctx)
	}
	return at, own, err
}
