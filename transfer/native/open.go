package native

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// Suites returns the names of the AEADs that this machine is to announce, best first.
// Which one a Channel has is agreed on with the channel.
func Suites() []string { return session.Suites() }

// Send lists what there is now, offers that to the peer on ch and, if it is accepted,
// sends it. It returns when both sides know that everything is in place. Nothing is
// added to the list any more.
//
// What can't be read, or changes meanwhile, is in the Report's Failed; the rest
// arrives, and of a file that only grows, as a log does, what the list says. Otherwise
// the error is ctx's, a *transfer.ListError or *transfer.DiskError when it couldn't be
// read, one that wraps transfer.ErrRejected or transfer.ErrLost, a
// *transfer.PeerError, or a *transfer.ProtocolError. The peer is told of a failure on
// this side, but for those from before its first message has come: a peer that
// doesn't know yet what is spoken would not understand it. If that message belongs to
// another protocol, the error is a *Foreign. The source stays open.
//
// The channel must not be used by others meanwhile, nor serve a second transfer.
func Send(ctx context.Context, ch transfer.Channel, what Load, how *Settings) (*transfer.Report, error) {
	l, err := what.Fix(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	cfg := configFor(how)
	cfg.ID, cfg.NoCompress, cfg.stream = what.ID, what.NoCompress, l.Stream
	cfg.put = what.Put
	cfg.named = what.Named
	rep, err := send(ctx, ch, l.Manifest, l.Files, nil, cfg)
	if err != nil {
		return nil, wrap("send", err)
	}
	rep.Skipped, rep.Grown = l.Manifest.Skipped, l.Grown(rep.Failed)
	return rep, nil
}

// send has a conversation about one tree, over lanes that it closes.
func send(ctx context.Context, ch transfer.Channel, m *manifest.Manifest, src tree.Source, ls session.Lanes, cfg config) (*transfer.Report, error) {
	c, err := begin(ctx, ch, ls, false, cfg)
	if err != nil {
		return nil, fromSession(err)
	}
	defer context.AfterFunc(ctx, func() { c.session.Fail(context.Cause(ctx)) })()
	s, err := newSender(c, m, src, cfg)
	if err != nil {
		return nil, c.finish(nil, err)
	}
	if err = s.open(ctx); err == nil {
		if err = s.tell(ctx); err == nil {
			c.session.Leave()
			err = s.run(ctx)
		}
	}
	err = c.finish(s.x, err)
	s.end()
	return s.outcome(err)
}

// SendText sends a text and returns when the peer has shown it. Errors are Send's.
func SendText(ctx context.Context, ch transfer.Channel, text string, how *Settings) error {
	c, err := begin(ctx, ch, nil, false, configFor(how))
	if err != nil {
		return blame(err)
	}
	defer c.packer.close()
	defer context.AfterFunc(ctx, func() { c.session.Fail(context.Cause(ctx)) })()
	if err := c.session.Say(ctx, text); err != nil {
		c.session.Fail(err)
		if over := c.session.End(); over != nil {
			err = over
		}
		return refused(blame(err))
	}
	return blame(c.session.Close(ctx))
}

// Receive waits for what the sender offers, a list of files or a text, and returns it to
// be looked at. The peer is connected at once, as what it offers may be too long for the
// channel, and the session goes on in the background until the Offer is answered. ctx
// bounds the call only. Errors are Send's, and *manifest.Error for a list that must not
// be believed.
func Receive(ctx context.Context, ch transfer.Channel, how *Settings) (*transfer.Offer, error) {
	a, err := first(ctx, ch, nil, configFor(how))
	if err != nil {
		return nil, wrap("receive", err)
	}
	if a.text != nil {
		a.text.alone = true
		return transfer.NewText(a.text.text, a.text), nil
	}
	p, err := a.tree.treeOffer(ctx, true)
	if err != nil {
		return nil, wrap("receive", err)
	}
	return transfer.NewListed(p.as, p), nil
}

// receive is Receive for a tree, over lanes that it closes.
func receive(ctx context.Context, ch transfer.Channel, ls session.Lanes, cfg config) (*treeOffer, error) {
	a, err := first(ctx, ch, ls, cfg)
	if err != nil {
		return nil, err
	}
	return a.tree.treeOffer(ctx, true)
}

// first begins a conversation in which this side only takes what is offered first.
func first(ctx context.Context, ch transfer.Channel, ls session.Lanes, cfg config) (arrival, error) {
	c, err := begin(ctx, ch, ls, true, cfg)
	if err != nil {
		return arrival{}, fromSession(err)
	}
	c.session.Leave()
	a, err := c.next(ctx)
	if err == io.EOF {
		err = broken("leaves without having offered anything")
	}
	if err != nil {
		return a, fromSession(c.finish(nil, err))
	}
	return a, nil
}

// wrap puts the call's name in front of an error that doesn't speak for itself.
func wrap(call string, err error) error {
	var theirs *transfer.PeerError
	if err == nil || errors.As(err, &theirs) || errors.Is(err, transfer.ErrRejected) {
		return err
	}
	return blame(fmt.Errorf("%s: %w", call, err))
}

// A Foreign is the error of a session whose peer's first message belongs to another
// protocol. Nothing was sent but this side's own first message.
type Foreign = session.Foreign
