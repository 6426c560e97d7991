package main

import (
	"context"

	"sesame/client"
	"sesame/internal/addr"
	"sesame/rendezvous"
)

// A place is where a sender waits for the other computer.
type place struct {
	client *rendezvous.Client // whoever meets there closes it
	code   rendezvous.Code
	// With a mailbox of our own:
	mailbox   *localMailbox
	addresses []string // "host:port", under which it may be found
}

// leave ends what the place needs, after its client has been closed.
func (p *place) leave() {
	if p.mailbox != nil {
		p.mailbox.close()
	}
}

// met says that the other computer has come, and nobody else is to.
func (p *place) met() {
	if p.mailbox != nil {
		p.mailbox.server.Seal()
	}
}

// open finds a place: a mailbox server, or a mailbox of our own where that is
// asked for or no server can be reached.
func (o *sendOptions) open(ctx context.Context, ui *terminal) (*place, error) {
	if o.local {
		return o.openLocal(ctx, ui)
	}
	mailbox, err := dial(ctx, ui, &o.connectOptions, &o.transferOptions)
	if err != nil {
		if ctx.Err() != nil || !o.mayBeLocal(err) {
			return nil, err
		}
		why := explain(err)
		why.Hint = ""
		ui.report(remark(why))
		ui.note(client.NoteNoServer)
		o.local = true
		return o.openLocal(ctx, ui)
	}
	code, err := o.makeCode(ctx, ui, mailbox)
	if err != nil {
		mailbox.Close()
		return nil, err
	}
	return &place{client: mailbox, code: code}, nil
}

// mayBeLocal reports whether what a server can't do may be done without.
func (o *sendOptions) mayBeLocal(err error) bool {
	return !o.noLocal && o.code == "" && !o.relayOnly && !o.tor && unreachable(err) && len(ownAddresses()) > 0
}

// makeCode returns the code that was chosen, or a new one: longer than usual where
// many are being guessed, unless somebody said how long.
func (o *sendOptions) makeCode(ctx context.Context, ui *terminal, server *rendezvous.Client) (rendezvous.Code, error) {
	switch {
	case o.code != "":
		return o.ownCode()
	case o.lengthGiven:
		return server.Allocate(ctx, o.codeLength)
	}
	if server.Pressure() > 0 {
		ui.note(client.NoteGuessing)
	}
	return server.Allocate(ctx, 0)
}

// openLocal makes a place of our own.
func (o *sendOptions) openLocal(ctx context.Context, ui *terminal) (*place, error) {
	mailbox, err := serveMailbox(o.guard(ui))
	if err != nil {
		return nil, err
	}
	at := &place{mailbox: mailbox}
	for _, ip := range ownAddresses() {
		at.addresses = append(at.addresses, addr.Join(ip.String(), mailbox.port))
	}
	if at.code, err = mailbox.announce(ctx, ui, o); err == nil {
		at.client, err = mailbox.dial(ctx, ui, o.announcement())
	}
	if err != nil {
		at.leave()
		return nil, err
	}
	o.pipe, o.joining = mailbox.pipe(), mailbox.server.Admit
	return at, nil
}
