package native

import (
	"context"
	"errors"
	"io"
	"slices"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A treeOffer is what a sender wants to send, until somebody answers. One of accept,
// Pass and Reject must be called.
type treeOffer struct {
	// Manifest lists everything that would be written; what it holds is
	// checked. It must not be changed.
	Manifest *manifest.Manifest
	// ID is that of the sender's transfer, if it told one.
	ID tree.ID
	// as is how it would be written: the same entries, by names that can be had.
	as *manifest.Fitted

	r     *receiver
	alone bool // the conversation is about nothing else
	used  bool
}

var _ transfer.Answerer = (*treeOffer)(nil)

// treeOffer is what is listed, to be answered. The other side is told first what makes
// anything get another name, or none. The error ends what was offered.
func (r *receiver) treeOffer(ctx context.Context, alone bool) (*treeOffer, error) {
	o := &treeOffer{Manifest: r.m, ID: r.id, r: r, alone: alone}
	as, rules, err := transfer.Fit(ctx, r.m, r.c.cfg.Names)
	if err == nil && len(as.Renamed)+len(as.Left) > 0 {
		err = r.x.Post(ctx, msgNames, naming{rules}.append(nil))
	}
	if err != nil {
		return nil, o.end(err)
	}
	o.as = as
	return o, nil
}

// Ended is closed when the sender has given up, or is gone.
func (o *treeOffer) Ended() <-chan struct{} { return o.r.x.Ended() }

// CheckSpace takes into account what an earlier try left, and what is only holes.
func (o *treeOffer) CheckSpace(ctx context.Context, into tree.Store) error {
	return into.Fits(ctx, o.as.List, o.options())
}

// options are how what is offered gets written.
func (o *treeOffer) options() *tree.Options {
	return &tree.Options{ID: o.ID, Losses: o.r.losses, Logger: o.r.c.cfg.Logger}
}

func (o *treeOffer) Prepare(*transfer.Target) error { return nil }

// Accept receives everything into to.Into and returns once it has its final names
// there and the sender knows. What an earlier run left there is used. If it
// fails, what has arrived stays for the next run.
func (o *treeOffer) Accept(ctx context.Context, to *transfer.Target) (*transfer.Report, error) {
	rep, err := o.accept(ctx, to.Into, to.Plan)
	return rep, blame(err)
}

func (o *treeOffer) accept(ctx context.Context, into tree.Store, plan tree.Plan) (*transfer.Report, error) {
	o.use()
	defer o.guard(ctx)()
	opening, cancel := o.r.within(ctx)
	defer cancel()
	t, err := into.Begin(opening, o.as.List, o.options())
	if err != nil {
		return nil, o.end(err)
	}
	standing, err := t.Standing(opening, plan)
	if err != nil {
		err = o.end(err)
		t.Close()
		return nil, err
	}
	o.r.standing = standing
	return o.takeInto(ctx, t, standing.Plan())
}

// guard has the end of ctx end the transfer.
func (o *treeOffer) guard(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { o.giveUp(context.Cause(ctx)) })
}

// giveUp ends the transfer, and the conversation if that is all it is about.
func (o *treeOffer) giveUp(err error) {
	if o.alone {
		o.r.c.session.Fail(err)
	} else {
		o.r.x.Drop(reasonFor(err))
	}
}

// end ends what was accepted or rejected, and returns what became of it. A nil error
// says that all was said that there is to say.
func (o *treeOffer) end(err error) error {
	defer o.r.c.moving.remove(o.r, o.r.counted)
	if o.alone {
		return fromSession(o.r.c.finish(o.r.x, err))
	}
	if err != nil {
		if o.r.x.Drop(reasonFor(err)); !settled(o.r.x) {
			return err
		}
	}
	return fromSession(o.r.x.Err())
}

// within returns a context that ends when ctx does, and when the transfer has: the
// peer may give up while a large tree is prepared.
func (r *receiver) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-r.x.Ended():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (o *treeOffer) takeInto(ctx context.Context, t tree.Writer, plan tree.Plan) (*transfer.Report, error) {
	r := o.r
	rep := new(transfer.Report)
	err := o.end(r.run(ctx, t, plan, rep))
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	r.tick(true)
	if err != nil {
		return nil, err
	}
	now := r.tally.is()
	rep.Failed, rep.Resumed, rep.Bytes, rep.Path = now.failures, now.resumed, t.Written(), r.c.session.Path()
	for _, l := range r.losses.List() {
		rep.Failed = append(rep.Failed, transfer.Failure{Path: r.m.Entries[l.Index].Path, Why: l.Why})
	}
	rep.Unkept, rep.Skipped = r.losses.Unkept(), r.m.Skipped
	return rep, nil
}

// Pass writes the contents of the one file to w in their order, as they arrive.
// Nothing is kept of them. It returns only when no Write is under way.
func (o *treeOffer) Pass(ctx context.Context, w io.Writer) (*transfer.Report, error) {
	rep, err := o.pass(ctx, w)
	return rep, blame(err)
}

func (o *treeOffer) pass(ctx context.Context, w io.Writer) (*transfer.Report, error) {
	r := o.r
	o.use()
	defer o.guard(ctx)()
	index := -1
	for i := range o.Manifest.Entries {
		if index >= 0 || o.Manifest.Entries[i].Kind != manifest.File {
			return nil, o.end(errors.New("only a single file can be passed on"))
		}
		index = i
	}
	dst := newOrdered(w, index, o.Manifest.Entries[index].Size, r.x.Over)
	err := o.end(func() error {
		if err := r.begin(ctx, &destination{ordered: dst}, nil); err != nil {
			return err
		}
		if err := r.await(ctx, func() bool { return r.tally.is().sent }); err != nil {
			return err
		}
		if err := r.complete(); err != nil {
			return err
		}
		return r.x.Finish(ctx, msgDone, nil, nil)
	}())
	dst.rest()
	if err != nil {
		return nil, err
	}
	r.tick(true)
	return &transfer.Report{Bytes: dst.written(), Path: r.c.session.Path(), Skipped: o.Manifest.Skipped}, nil
}

// Reject tells the sender that nothing is wanted. The reason, at most 400 bytes
// for a person, may be empty.
func (o *treeOffer) Reject(ctx context.Context, why transfer.Reason) error {
	o.use()
	return blame(o.end(o.r.x.Finish(ctx, msgReject, appendReason(nil, why), nil)))
}

// use panics when an offer is answered twice.
func (o *treeOffer) use() {
	if o.used {
		panic("native: offer answered twice")
	}
	o.used = true
}

// await waits until ready reports true; the error is why that won't come.
func (r *receiver) await(ctx context.Context, ready func() bool) error {
	over := false
	err := r.c.session.Await(ctx, func() bool {
		over = r.x.Over()
		return over || ready()
	})
	if err == nil && over {
		if err = r.x.Err(); err == nil {
			err = session.ErrSettled
		}
	}
	return err
}

// run takes an accepted transfer to its end.
func (r *receiver) run(ctx context.Context, t tree.Writer, plan tree.Plan, rep *transfer.Report) error {
	held := make([]int, 0)
	for i := range r.m.Entries {
		if e := &r.m.Entries[i]; e.Kind == manifest.File && e.Size > 0 && t.Resumable(i) > 0 {
			held = append(held, i)
		}
	}
	if err := r.tellUnwanted(ctx); err != nil {
		return err
	}
	all := append(slices.Clone(held), r.standing.Whole()...)
	slices.Sort(all)
	if err := r.begin(ctx, &destination{tree: t}, all); err != nil {
		return err
	}
	if err := r.tellHashes(ctx, t, held); err != nil {
		return err
	}
	if err := r.tellWhole(ctx); err != nil {
		return err
	}
	if err := r.await(ctx, func() bool { return r.tally.is().sent }); err != nil {
		return err
	}
	if err := r.complete(); err != nil {
		return err
	}
	placed, err := t.Place(ctx, plan)
	if err != nil {
		return err
	}
	rep.Placed = placed
	r.missing = append(r.noteLost(), lostHere(r.losses)...)
	return r.x.Finish(ctx, msgDone, appendDone(nil, r.missing, maxBody), appendDone(nil, r.missing, briefDone))
}

// briefDone is how long a DONE is at most that goes by mailbox.
const briefDone = 16 << 10

// lostHere is what the disk could not take, as DONE says it.
func lostHere(l *tree.Losses) (out []failure) {
	for _, l := range l.List() {
		out = append(out, failure{l.Index, transfer.ReasonOf(l.Why)})
	}
	return out
}
