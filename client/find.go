package client

import (
	"context"
	"errors"

	"sesame/rendezvous"
)

// A seeking looks for the venue where a sender waits.
type seeking struct {
	servers
	from Sender
}

// find returns a client of the server where the sender waits, and the code. own is
// set if the sender serves that itself.
func (c seeking) find(ctx context.Context) (at *rendezvous.Client, own *ownPath, code rendezvous.Code, err error) {
	var server *call
	if c.from.Code == "" {
		if c.from.At == "" {
			server = c.call(ctx)
			defer server.end()
		}
		c.from.Code, err = c.cfg.Ask.Code(ctx, func(typed string) []string {
			return rendezvous.Complete(typed, server.nameplates(typed))
		})
		if err != nil {
			return nil, nil, code, err
		}
	}
	if code, err = asTyped(c.from.Code); err != nil {
		return nil, nil, code, err
	}
	switch {
	case code.Local:
		at, own, err = c.dialSender(ctx, code)
	case c.from.At != "":
		err = &ConfigError{"At", c.from.At, errNoServer}
	case server != nil:
		c.noteUnused()
		done := reaching(c.core)
		at, err = server.take(ctx)
		if done(); err == nil {
			c.tellMOTD(at)
		}
	default:
		at, err = c.dial(ctx)
	}
	return at, own, code, err
}

// ParseCode reads a code as a person typed it and returns it without white space
// around it. If it is none, or looks mistyped, the error is a *Failure (BadCode,
// MistypedCode, OddCode); where it can be taken all the same, it is returned, too.
func ParseCode(typed string) (code string, err error) {
	c, err := asTyped(typed)
	if err != nil {
		return "", ended(err)
	}
	_, err = rendezvous.ParseCode(typed)
	return c.String(), ended(err)
}

// asTyped takes a code as it was typed where it only looks mistyped.
func asTyped(typed string) (rendezvous.Code, error) {
	code, err := rendezvous.ParseCode(typed)
	var odd *rendezvous.CodeError
	if errors.As(err, &odd) && odd.Code != (rendezvous.Code{}) {
		return odd.Code, nil
	}
	return code, err
}
