package classic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// maxRatio is how many times larger than its archive a directory of more than
// ratioFloor bytes may be.
const (
	maxRatio   = 200
	ratioFloor = 64 << 20
)

// A fileOffer is a file or a directory that the peer offers.
type fileOffer struct {
	ch      *heldChannel
	cfg     *settings
	kind    transfer.Kind
	name    transfer.SafeName
	size    int64
	files   int
	wire    int64           // bytes to cross
	transit json.RawMessage // the peer's transit message, nil if it has not come
	save    saver           // made by Prepare
	losses  tree.Losses
	renamed []manifest.Renaming // below the directory
}

// Receive waits for the peer's offer on ch, at most ten minutes. Until it is
// accepted the peer learns nothing, in particular not this side's addresses. ctx
// bounds this call only. Errors are Send's.
func Receive(ctx context.Context, ch transfer.Channel, cfg *transfer.Config) (*transfer.Offer, error) {
	return receiveOffer(ctx, ch, with(cfg))
}

func receiveOffer(ctx context.Context, ch transfer.Channel, cfg *settings) (o *transfer.Offer, err error) {
	cfg = cfg.complete()
	bye := farewell{ch: ch, us: "the receiver"}
	defer func() { bye.say(ctx, err) }()
	wait, cancel := within(ctx, transfer.OfferWait, transfer.AwaitOffer)
	defer cancel()
	var transit json.RawMessage
	for range maxForeign {
		m, err := next(wait, ch)
		switch {
		case err != nil:
			return nil, err
		case m.transit != nil && transit == nil:
			transit = m.transit
		case m.offer != nil:
			return newOffer(m.offer, transit, ch, cfg), nil
		}
	}
	return nil, nonsense("it talks and offers nothing")
}

func newOffer(m *offer, transit json.RawMessage, ch transfer.Channel, cfg *settings) *transfer.Offer {
	if m.kind == transfer.Text {
		return transfer.NewText(m.text, &textOffer{ch, len(m.text)})
	}
	name, renamed := transfer.FitName(m.name, cfg.Names)
	o := transfer.NewUnlisted(m.kind, name, m.size, m.files, &fileOffer{
		ch: holdChannel(ch), cfg: cfg, kind: m.kind, name: name, size: m.size, files: m.files, wire: m.wire, transit: transit,
	})
	o.Renamed = renamed
	return o
}

// CheckSpace looks for room for what will be written.
func (o *fileOffer) CheckSpace(_ context.Context, into tree.Store) error {
	if free, ok := into.Free(); ok && uint64(o.size) > free.Bytes {
		return noSpace(o.name, free.Bytes)
	}
	return nil
}

// Prepare finds out whether there is room, and makes a place for the bytes.
func (o *fileOffer) Prepare(to *transfer.Target) (err error) {
	need := o.size
	if o.kind == transfer.Directory {
		if o.size > ratioFloor && o.size/maxRatio > o.wire && !to.AnyRatio {
			return transfer.ErrRatio
		}
		need += o.wire // the archive and what comes out of it, for a while
	}
	if free, ok := to.Into.Free(); ok && uint64(need) > free.Bytes { // a sum below 0 is too large too
		return noSpace(o.name, free.Bytes)
	}
	if o.kind == transfer.File {
		o.save, err = newFileSaver(o, to.Into)
	} else {
		o.save, err = newArchiveSaver(o, to.Into)
	}
	return err
}

// Accept receives into what Prepare made.
func (o *fileOffer) Accept(ctx context.Context, to *transfer.Target) (*transfer.Report, error) {
	defer o.save.discard()
	rep := new(transfer.Report)
	done, err := o.receive(ctx, rep, o.save, func(ctx context.Context) (err error) {
		rep.Placed, err = o.save.commit(ctx, to.Plan)
		return err
	})
	rep.Bytes, rep.Failed, rep.Unkept, rep.Renamed = o.save.saved(), failures(&o.losses), o.losses.Unkept(), o.renamed
	if !done {
		return nil, err
	}
	return rep, err
}

// Pass writes what it receives to w.
func (o *fileOffer) Pass(ctx context.Context, w io.Writer) (*transfer.Report, error) {
	rep := &transfer.Report{Bytes: o.size}
	if _, err := o.receive(ctx, rep, w, func(context.Context) error { return nil }); err != nil {
		return nil, err
	}
	return rep, nil
}

func (o *fileOffer) Ended() <-chan struct{} { return o.ch.ended }

func (o *fileOffer) Reject(ctx context.Context, why transfer.Reason) error {
	o.ch.release()
	if o.ch.gone != nil {
		return o.ch.gone
	}
	return o.ch.Send(ctx, rejectMessage(o.ch, why))
}

// receive takes the bytes and writes them to w, calls commit and confirms them.
// It reports whether commit has succeeded.
func (o *fileOffer) receive(ctx context.Context, rep *transfer.Report, w io.Writer, commit func(context.Context) error) (done bool, err error) {
	o.ch.release()
	bye := farewell{ch: o.ch, us: "the receiver", log: o.cfg.Logger}
	defer func() { bye.say(ctx, err) }()
	ep, peer, err := o.answer(ctx)
	if err != nil {
		return false, err
	}
	defer ep.Close()
	listen := startWatch(ctx, o.ch)
	defer listen.end()
	c, err := ep.connect(listen.ctx, peer)
	if err != nil {
		return false, listen.cause(err)
	}
	rep.Path = c.Path()
	d := newDataConn(listen.ctx, c, o.cfg, true)
	defer d.Close()
	done, err = o.take(listen.ctx, d, w, commit)
	rep.Path = c.Path() // another one, if the first was somebody else's
	if done {
		bye.said = true // whatever happened to the confirmation, this side has not failed
		return true, err
	}
	err = listen.verdict(err)
	bye.say(ctx, err) // before the connection is closed
	return false, err
}

// answer says yes, and returns where the sender can be reached. Our transit
// message goes first: some senders insist.
func (o *fileOffer) answer(ctx context.Context) (endpoint, json.RawMessage, error) {
	ep, err := announce(ctx, o.ch, false, o.cfg)
	if err != nil {
		return nil, nil, err
	}
	peer := o.transit
	if err = o.ch.Send(ctx, answerMessage("file_ack")); err != nil {
		err = fmt.Errorf("sending the answer: %w", err)
	} else if peer == nil {
		peer, err = awaitTransit(ctx, o.ch)
	}
	if err != nil {
		ep.Close()
		return nil, nil, err
	}
	return ep, peer, nil
}

// take receives the bytes over c.
func (o *fileOffer) take(ctx context.Context, c *dataConn, w io.Writer, commit func(context.Context) error) (bool, error) {
	progress := newMeter(o.wire, o.cfg.Progress)
	sum, err := receive(c, o.wire, w, progress.moved)
	if err != nil {
		return false, err
	}
	if err := commit(ctx); err != nil {
		return false, err
	}
	if err := c.WriteRecord(ackMessage(sum, failures(&o.losses))); err != nil {
		return true, &transfer.UntoldError{Err: err}
	}
	progress.done()
	return true, nil
}
