package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
)

// giveBack bounds how long the end of a session may take: releasing the
// nameplate and closing the mailbox, also after an interrupt.
const giveBack = 5 * time.Second

// dial connects to the mailbox server and shows what its operator has to say.
func dial(ctx context.Context, ui *terminal, o *connectOptions, t *transferOptions) (*rendezvous.Client, error) {
	cfg := watched(o.mailbox(t.announcement()), ui)
	o.noteUnused(ui)
	ui.show("Reaching the mailbox server")
	server, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		return nil, err
	}
	showMOTD(ui, server)
	return server, nil
}

// noteUnused says it when a proxy that somebody set isn't used.
func (o *connectOptions) noteUnused(ui *terminal) {
	if args := o.unused(o.server); args != nil {
		ui.note(client.NoteProxyUnused, args...)
	}
}

func showMOTD(ui *terminal, server *rendezvous.Client) {
	if motd := server.MOTD(); motd != "" {
		for line := range strings.Lines(motd) {
			ui.report(serverSays{strings.TrimSuffix(line, "\n")})
		}
	}
}

// A meeting is what both commands do alike: two computers meet, the people compare
// the verifier, and nothing crosses that the policy forbids.
type meeting struct {
	*connectOptions
	*transferOptions
	client *rendezvous.Client
	meet   func(context.Context) (*rendezvous.Channel, error)
	// prompt says that a native program at the other end speaks at once, before it
	// looks at files or asks anybody.
	prompt bool
}

// hold meets, calls do with the channel, with how to transfer over it, and with a
// context that the other side's silence may end, and leaves in an orderly way. It
// closes the client.
func (m *meeting) hold(ctx context.Context, ui *terminal, do func(context.Context, *rendezvous.Channel, *transfer.Config) error) (err error) {
	channel, err := m.meet(ctx)
	if err != nil {
		m.client.Close()
		return err
	}
	defer func() { leave(ctx, channel, err) }()
	if err := m.check(ctx, channel); err != nil {
		return err
	}
	if m.verify {
		if err := verify(ctx, ui, channel); err != nil {
			return err
		}
	}
	path, err := m.transit(m.client)
	if err != nil {
		return err
	}
	cfg := newMeter(ui, protectionOf(channel)).config(path)
	m.apply(cfg)
	defer looking(ui, channel, cfg)()
	ctx, done := answering(ctx, ui, channel, m.prompt && !m.verify)
	defer done()
	return do(ctx, channel, cfg)
}

// looking shows that a way is looked for, until there is one. Other programs look
// for it when a person has said yes.
func looking(ui *terminal, channel *rendezvous.Channel, cfg *transfer.Config) (done func()) {
	if channel.Suite() == "" {
		return func() {}
	}
	found, connected := ui.waiting(wait(client.WaitWay)), cfg.Connected
	cfg.Connected = func(p transit.Path) {
		found()
		connected(p)
	}
	return found
}

// moodOf is what the server's statistics learn of how a session ended.
func moodOf(err error) rendezvous.Mood {
	if errors.Is(err, rendezvous.ErrWrongCode) {
		return rendezvous.Scary
	}
	if err == nil || errors.Is(err, transfer.ErrRejected) {
		return rendezvous.Happy
	}
	return rendezvous.Errory
}

// leave ends a session in bounded time, even if ctx has ended already.
func leave(ctx context.Context, ch *rendezvous.Channel, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	ch.Close(ctx, moodOf(err))
}

// verify lets two people compare the verifier. The other side is told if they
// found it to differ.
func verify(ctx context.Context, ui *terminal, ch *rendezvous.Channel) error {
	ui.report(verifierIs{fmt.Sprintf("%x", ch.Verifier())})
	same, err := ui.compare(ctx, ask(client.AskVerify))
	why := transfer.Because(transfer.ReasonCancelled).Saying("the person there cancelled the transfer")
	switch {
	case errors.Is(err, errNoAnswer):
		err = errNotCompared
	case err == nil && !same:
		err, why = errUnverified, transfer.Because(transfer.ReasonUnverified)
	}
	if err != nil {
		abortCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
		defer cancel()
		client.Abort(abortCtx, ch, why)
	}
	return err
}

// groups splits a long run of digits so that it can be read aloud.
func groups(s string) string {
	out := ""
	for i := 0; i < len(s); i += 8 {
		if i > 0 {
			out += " "
		}
		out += s[i:min(i+8, len(s))]
	}
	return out
}

// asTyped takes a code as it was typed where it only looks mistyped.
func asTyped(code rendezvous.Code, err error) (rendezvous.Code, error) {
	var odd *rendezvous.CodeError
	if errors.As(err, &odd) && odd.Code != (rendezvous.Code{}) {
		return odd.Code, nil
	}
	return code, err
}
