package native

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A proposal is what a sender wants to send, until somebody answers. One of accept,
// Pass and Reject must be called; each ends the session.
type proposal struct {
	// Manifest lists everything that would be written; what it holds is
	// checked. It must not be changed.
	Manifest *manifest.Manifest
	// ID is that of the sender's transfer, if it told one.
	ID tree.ID

	r    *receiver
	used bool
}

var _ transfer.Answerer = (*proposal)(nil)

// Ended is closed when the sender has given up, or is gone.
func (o *proposal) Ended() <-chan struct{} { return o.r.failed }

// CheckSpace takes into account what an earlier try left, and what is only holes.
func (o *proposal) CheckSpace(ctx context.Context, into tree.Store) error {
	return into.Fits(ctx, o.Manifest, o.options())
}

// options are how what is offered gets written.
func (o *proposal) options() *tree.Options {
	return &tree.Options{ID: o.ID, Losses: o.r.losses, Logger: o.r.cfg.Logger}
}

func (o *proposal) Prepare(*transfer.Target) error { return nil }

// Accept receives everything into to.Into and returns once it has its final names
// there and the sender knows. What an earlier run left there is used. If it
// fails, what has arrived stays for the next run.
func (o *proposal) Accept(ctx context.Context, to *transfer.Target) (*transfer.Report, error) {
	rep, err := o.accept(ctx, to.Into, to.Plan)
	return rep, blame(err)
}

func (o *proposal) accept(ctx context.Context, into tree.Store, plan tree.Plan) (*transfer.Report, error) {
	o.use()
	defer context.AfterFunc(ctx, func() { o.r.fail(context.Cause(ctx)) })()
	opening, cancel := o.r.within(ctx)
	defer cancel()
	t, err := into.Begin(opening, o.Manifest, o.options())
	if err != nil {
		o.r.fail(err)
		return nil, o.r.shutdown()
	}
	standing, err := t.Standing(opening, plan)
	if err != nil {
		o.r.fail(err)
		err = o.r.shutdown()
		t.Close()
		return nil, err
	}
	o.r.standing = standing
	return o.takeInto(ctx, t, standing.Plan())
}

// within returns a context that ends when ctx does, and when the session fails: the
// peer may give up while a large tree is prepared.
func (r *receiver) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-r.failed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (o *proposal) takeInto(ctx context.Context, t tree.Writer, plan tree.Plan) (*transfer.Report, error) {
	r := o.r
	rep := new(transfer.Report)
	r.fail(r.run(ctx, t, plan, rep))
	err := r.shutdown()
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	r.report(true)
	if err != nil {
		return nil, err
	}
	rep.Failed, rep.Resumed, rep.Bytes, rep.Path = r.failures, r.resumed, t.Written(), r.telling.path
	for _, l := range r.losses.List() {
		rep.Failed = append(rep.Failed, transfer.Failure{Path: l.Path, Why: l.Why})
	}
	rep.Unkept, rep.Skipped = r.losses.Unkept(), r.m.Skipped
	return rep, nil
}

// Pass writes the contents of the one file to w in their order, as they arrive.
// Nothing is kept of them. It returns only when no Write is under way.
func (o *proposal) Pass(ctx context.Context, w io.Writer) (*transfer.Report, error) {
	rep, err := o.pass(ctx, w)
	return rep, blame(err)
}

func (o *proposal) pass(ctx context.Context, w io.Writer) (*transfer.Report, error) {
	r := o.r
	o.use()
	index := -1
	for i := range o.Manifest.Entries {
		if index >= 0 || o.Manifest.Entries[i].Kind != manifest.File {
			r.fail(errors.New("only a single file can be passed on"))
			return nil, r.shutdown()
		}
		index = i
	}
	dst := newOrdered(w, index, o.Manifest.Entries[index].Size, &r.halted)
	r.fail(func() error {
		if err := r.begin(ctx, &destination{ordered: dst}, nil); err != nil {
			return err
		}
		if err := r.await(ctx, func() bool { return r.sent }); err != nil {
			return err
		}
		return r.close(ctx, msgDone, nil)
	}())
	if err := r.shutdown(); err != nil {
		return nil, err
	}
	r.report(true)
	return &transfer.Report{Bytes: dst.written(), Path: r.telling.path, Skipped: o.Manifest.Skipped}, nil
}

// Reject tells the sender that nothing is wanted. The reason, at most 400 bytes
// for a person, may be empty.
func (o *proposal) Reject(ctx context.Context, why transfer.Reason) error {
	r := o.r
	o.use()
	r.fail(r.close(ctx, msgReject, appendReason(nil, why)))
	return blame(r.shutdown())
}

// use panics when an offer is answered twice.
func (o *proposal) use() {
	if o.used {
		panic("native: offer answered twice")
	}
	o.used = true
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
	if err := r.await(ctx, func() bool { return r.sent }); err != nil {
		return err
	}
	placed, err := t.Place(ctx, plan)
	if err != nil {
		return err
	}
	rep.Placed = placed
	r.missing = append(r.noteLost(), lostHere(r.losses)...)
	return r.close(ctx, msgDone, appendDone(nil, r.missing))
}

// lostHere is what the disk could not take, as DONE says it.
func lostHere(l *tree.Losses) (out []failure) {
	for _, l := range l.List() {
		out = append(out, failure{l.Index, transfer.ReasonOf(l.Why)})
	}
	return out
}

// begin accepts. Of the entries in held hashes will follow.
func (r *receiver) begin(ctx context.Context, d *destination, held []int) error {
	r.dst.Store(d)
	if err := r.tellRanges(ctx, msgHeld, held); err != nil {
		return err
	}
	return r.post(ctx, msgAccept, acceptance{d.ordered != nil, max(r.cfg.Limit, 0)}.append(nil))
}

// tellRanges sends messages about entries, which are in their order.
func (r *receiver) tellRanges(ctx context.Context, typ message, entries []int) error {
	var body []byte
	end := 0
	for k := 0; k < len(entries); {
		first, n := entries[k], 0
		for ; k < len(entries) && entries[k] == first+n; k++ {
			n++
		}
		body = appendHeld(body, end, first, n)
		end = first + n
		if len(body) > maxBody-16 {
			if err := r.post(ctx, typ, body); err != nil {
				return err
			}
			body = nil
		}
	}
	if body == nil {
		return nil
	}
	return r.post(ctx, typ, body)
}

// tellHashes sends the hashes of what an earlier run left.
func (r *receiver) tellHashes(ctx context.Context, t tree.Writer, held []int) error {
	key := r.ch.Key(resumeKey, 32)
	var body []byte
	var items []haveItem
	flush := func() error {
		r.mu.Lock()
		r.asked = append(r.asked, items...)
		r.mu.Unlock()
		err := r.post(ctx, msgHave, body)
		body, items = nil, nil
		return err
	}
	const room = maxBody - 32
	for _, i := range held {
		_, sums, err := t.Hashes(ctx, i, key)
		if err != nil {
			return err
		}
		groups := len(sums) / hashSize
		for last := false; !last; {
			if len(body)+hashSize > room {
				if err := flush(); err != nil {
					return err
				}
			}
			n := min(len(sums), (room-len(body))/hashSize*hashSize)
			last = n == len(sums)
			body = have{i, last, sums[:n]}.append(body)
			sums = sums[n:]
		}
		items = append(items, haveItem{i, groups, false})
	}
	if body == nil {
		return nil
	}
	return flush()
}

// How long the sender has to confirm that it knows of the end, when there is a
// lane, beside a round trip, and when there is none.
const (
	finishTime = 5 * time.Second
	lostTime   = 15 * time.Second
)

// close sends the session's last message and waits until the sender has dealt
// with it or has ended the session in its turn. From here on nothing makes the
// session fail: the files have their names even if the sender can't be told.
func (r *receiver) close(ctx context.Context, typ message, body []byte) error {
	err := r.await(ctx, func() bool {
		if r.out.room() {
			r.settled, r.farewell = true, false
			r.postLocked(typ, body)
		}
		return r.settled
	})
	if err != nil || r.flush(ctx) {
		return err
	}
	r.cfg.Logger.Info("the sender could not be told of the end over a lane")
	if msg, err := (&mail{Done: typ == msgDone, Lost: mailLosses(r.missing)}).encode(); err == nil && typ == msgDone {
		ctx, cancel := context.WithTimeout(ctx, graceTime)
		defer cancel()
		r.ch.Send(ctx, msg)
	}
	return nil
}

// flush reports whether the sender knows everything.
func (r *receiver) flush(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lostTime)
	defer cancel()
	broadcast := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.cond.Broadcast()
	}
	defer context.AfterFunc(ctx, broadcast)()
	r.mu.Lock()
	defer r.mu.Unlock()
	finish := finishTime + r.roundTrip()
	began := time.Now()
	defer time.AfterFunc(finish, broadcast).Stop()
	for !r.out.empty() && !r.farewell {
		if ctx.Err() != nil || len(r.carriers) > 0 && time.Since(began) >= finish {
			return false
		}
		r.cond.Wait()
	}
	return true
}
