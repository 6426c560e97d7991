package client

import (
	"context"

	"sesame/rendezvous"
)

// A venue is where a sender waits for the other computer: a mailbox, and what makes it known.
type venue struct {
	client *rendezvous.Client // whoever meets there closes it
	code   rendezvous.Code
	// With a mailbox of our own:
	mailbox   *localMailbox
	own       *ownPath
	addresses []string // "host:port", under which it may be found
}

// leave ends what the venue needs, after its client has been closed.
func (p *venue) leave() {
	if p.mailbox != nil {
		p.mailbox.close()
	}
}

// met says that the other computer has come, and nobody else is to.
func (p *venue) met() {
	if p.mailbox != nil {
		p.mailbox.server.Seal()
	}
}

// An opening finds a venue to wait for a recipient at.
type opening struct {
	servers
	to Recipient
}

// open finds a venue: a mailbox server, or a mailbox of our own where that is
// asked for or no server can be reached.
func (c *opening) open(ctx context.Context) (*venue, error) {
	if c.to.Local {
		return c.openLocal(ctx)
	}
	client, err := c.dial(ctx)
	if err != nil {
		if ctx.Err() != nil || !c.mayBeLocal(err) {
			return nil, err
		}
		why := Explain(err)
		c.told.note(why.Code, why.Args...)
		c.told.note(NoteNoServer)
		return c.openLocal(ctx)
	}
	code, err := c.makeCode(ctx, client)
	if err != nil {
		client.Close()
		return nil, err
	}
	return &venue{client: client, code: code}, nil
}

// mayBeLocal reports whether what a server can't do may be done without.
func (c *opening) mayBeLocal(err error) bool {
	return c.cfg.Embed != nil && !c.to.NoLocal && c.to.Code == "" && !c.cfg.Policy.RelayOnly && !c.cfg.Tor && unreachable(err) && len(ownAddresses()) > 0
}

// makeCode returns the code that was chosen, or a new one: longer than usual where
// many are being guessed, unless somebody said how long.
func (c *opening) makeCode(ctx context.Context, client *rendezvous.Client) (rendezvous.Code, error) {
	if c.to.Code != "" {
		return asTyped(c.to.Code)
	}
	if c.to.Words == 0 && client.Pressure() > 0 {
		c.told.note(NoteGuessing)
	}
	defer reaching(c.core)()
	return client.Allocate(ctx, c.to.Words)
}
