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
	// Of codes before this one, which wrong ones were the end of:
	dead    int    // how many there were
	instead string // the last of them
	port    int    // where its mailbox was served here, 0 if it wasn't
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

// maxWrong is how many new codes are made after wrong ones.
const maxWrong = 3

// again prepares for another code after err, if there may be one, and says what err
// means to who has made the code.
func (c *opening) again(ctx context.Context, code rendezvous.Code, err error) (bool, error) {
	if err == nil || ctx.Err() != nil || Explain(err).Code != WrongCode {
		return false, err
	}
	dead := Fail(WrongCode, Fail(WrongGuessed), Fail(WrongGuessed))
	dead.Err = err
	if !c.to.Watched || c.to.Code != "" {
		return false, dead
	}
	if c.dead++; c.dead > maxWrong {
		attack := Fail(Guessed, c.dead)
		attack.Err = err
		return false, attack
	}
	c.to.Words = min(code.Words()+1, maxWords)
	c.instead = code.String()
	return true, nil
}
