package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// maxRatio is how many times larger than its archive a directory of more than
// ratioFloor bytes may be.
const (
	maxRatio   = 200
	ratioFloor = 64 << 20
)

// Accept receives what is offered and returns the name that it was written
// under, in to.Dir; for a text it confirms only, and to isn't used.
//
// Everything is written beside its final name under a hidden one, synced, put in
// place without replacing anything (except as to.Replace says), and only then
// confirmed. When Accept fails, nothing is left behind, with one exception: if
// it returns a name and an error, everything is in place, but the sender could
// not be told.
//
// Errors that come before the peer was answered leave the offer open, for
// another Accept or a Reject: *ExistsError, ErrRatio, a *DiskError when there is
// no space or the directory can't be written, a bad to.Name. After that the
// offer is used up: a *PeerError when the sender gave up, ErrIntegrity or an
// error that says what is wrong with the archive, a *DiskError, transit's own
// errors. The peer is told why, if that is still possible.
func (o *Offer) Accept(ctx context.Context, to Target) (name string, err error) {
	if o.answered {
		return "", errAnswered
	}
	if o.Kind == Text {
		o.answered = true
		return "", o.ch.Send(ctx, answerMessage("message_ack"))
	}
	final, err := o.check(&to)
	if err != nil {
		return "", err
	}
	p, err := createPartial(to.Dir, final)
	if err != nil {
		return "", err
	}
	defer p.discard()

	o.answered = true
	bye := farewell{ch: o.ch, us: "the receiver", log: o.cfg.Logger}
	defer func() { bye.say(ctx, err) }()
	ep, peer, err := o.answer(ctx)
	if err != nil {
		return "", err
	}
	defer ep.Close()
	w := startWatch(ctx, o.ch)
	defer w.end()
	c, err := ep.connect(w.ctx, peer)
	if err != nil {
		return "", w.cause(err)
	}
	d := newDataConn(w.ctx, c, o.cfg.Idle, "sender")
	defer d.Close()
	placed, err := o.take(w.ctx, d, p, &to)
	if placed {
		bye.said = true // whatever happened to the confirmation, this side has not failed
		return final.String(), err
	}
	err = w.verdict(err)
	bye.say(ctx, err)
	return "", err
}

// check does what can be done before the peer is answered.
func (o *Offer) check(to *Target) (SafeName, error) {
	final, err := to.name(o.Name)
	if err != nil {
		return SafeName{}, err
	}
	if err := checkFree(to.Dir, final, to.Replace && o.Kind == File); err != nil {
		return SafeName{}, err
	}
	need := o.Size
	if o.Kind == Directory {
		if o.Size > ratioFloor && o.Size/maxRatio > o.wire && !to.AnyRatio {
			return SafeName{}, ErrRatio
		}
		need += o.wire // the archive and what comes out of it, for a while
	}
	if free := freeSpace(to.Dir); free >= 0 && (need > free || need < 0) {
		return SafeName{}, &DiskError{Op: "write", Name: final.s, Full: true, Need: need, Free: free}
	}
	return final, nil
}

// answer says yes, and returns where the sender can be reached. Our transit
// message goes first: some senders insist.
func (o *Offer) answer(ctx context.Context) (endpoint, json.RawMessage, error) {
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

// take receives the bytes into p, puts them in place and confirms them. It
// reports whether they are in place.
func (o *Offer) take(ctx context.Context, c *dataConn, p *partial, to *Target) (bool, error) {
	progress := newMeter(o.wire, o.cfg.Progress)
	var w io.Writer = p
	if o.cfg.wrap != nil {
		w = o.cfg.wrap(w)
	}
	sum, err := receive(c, o.wire, w, progress.moved)
	if err != nil {
		return false, diskSpace(err, to.Dir)
	}
	if o.Kind == File {
		err = p.commit(to.Replace)
	} else {
		err = o.unpack(ctx, p)
	}
	if err != nil {
		return false, diskSpace(err, to.Dir)
	}
	if err := c.WriteRecord(ackMessage(sum)); err != nil {
		return true, fmt.Errorf("everything is in place, but the sender could not be told: %w", err)
	}
	progress.done()
	return true, nil
}
