package native

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"sesame/transfer"
	"sesame/transit/record"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A receiver is the half that writes. The session's mu guards what follows
// decoder.
type receiver struct {
	*session
	decoder manifest.Decoder // belongs to the goroutine that deals with messages
	reasons reasonBook       // the same
	growth  growth           // of streams that go to a disk
	id      tree.ID          // belongs to it, until m is set
	dst     atomic.Pointer[destination]

	m        *manifest.Manifest // nil until it is complete
	total    int64              // bytes in it
	stream   bool               // some file in it has no size
	standing tree.Standing      // of nothing, or set before dst
	asked    []haveItem         // hashes that weren't answered, in their order
	sent     bool               // SENT has come
	resumed  int64
	failures []transfer.Failure
	losses   *tree.Losses // what this side's disk can't take
	missing  []failure    // what DONE says
	told     transfer.Progress
}

// haveItem is a file whose hashes the sender has been told.
type haveItem struct {
	index, groups int
	whole         bool // one hash of everything
}

// A destination is where the data goes once the offer is accepted.
type destination struct {
	tree    tree.Writer
	ordered *ordered // instead of tree
}

func receive(ctx context.Context, ch transfer.Channel, ls lanes, cfg config) (*proposal, error) {
	r := &receiver{session: newSession(ctx, ch, ls, cfg), losses: new(tree.Losses), standing: tree.Nothing{}}
	r.half = r
	if _, err := r.introduce(ctx, nil); err != nil {
		r.cancel()
		ls.Close()
		return nil, err
	}
	r.start()
	// Who is asked about the offer knows the path then.
	if err := r.await(ctx, func() bool { return r.m != nil && r.telling.begun() }); err != nil {
		return nil, r.shutdown()
	}
	return &proposal{Manifest: r.m, ID: r.id, r: r}, nil
}

func (r *receiver) deal(typ message, body []byte) error {
	switch typ {
	case msgPiece:
		return r.dealPiece(body)
	case msgListed:
		return r.dealListed(body)
	case msgIdentity:
		return r.dealIdentity(body)
	case msgFailed:
		return r.dealFailed(body)
	case msgEnd:
		return r.dealEnd(body)
	case msgKeep:
		return r.dealKeep(body)
	case msgSent:
		return r.dealSent(body)
	}
	return brokenf("%v from a sender", typ)
}

func (r *receiver) dealPiece(body []byte) error {
	if r.m != nil {
		return broken("PIECE after LISTED")
	}
	return r.decoder.Add(body)
}

func (r *receiver) dealListed(body []byte) error {
	l, err := parseListed(body)
	if err != nil {
		return err
	}
	if r.m != nil {
		return broken("LISTED twice")
	}
	m, err := r.decoder.Finish(l.entries, l.bytes)
	if err != nil {
		return err
	}
	m.Holes = l.holes
	stream := slices.ContainsFunc(m.Entries, func(e manifest.Entry) bool { return e.Size == manifest.StreamSize })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m, r.total, r.stream = m, l.bytes, stream
	return nil
}

// target returns where data goes. Before the offer was accepted it is an error
// of the peer that it asks.
func (r *receiver) target(what string) (*destination, error) {
	d := r.dst.Load()
	if d == nil {
		return nil, broken(what + " before ACCEPT")
	}
	return d, nil
}

func (r *receiver) dealFailed(body []byte) error {
	f, err := parseFailure(body)
	if err != nil {
		return err
	}
	d, err := r.target("FAILED")
	if err != nil {
		return err
	}
	if f.index >= len(r.m.Entries) || r.m.Entries[f.index].Kind != manifest.File {
		return broken("FAILED of an entry that is no file")
	}
	if d.ordered != nil {
		return &transfer.PeerError{Reason: transfer.Reason{Words: f.reason.Text()}}
	}
	if kept, skipped := r.standing.Covers(f.index); kept || skipped {
		return broken("FAILED of an entry that isn't to be sent")
	}
	if _, failed := d.tree.Failed(f.index); failed {
		return broken("FAILED twice")
	}
	why := r.reasons.keep(f.reason.Entry())
	r.mu.Lock()
	r.failures = append(r.failures, transfer.Failure{Path: r.m.Entries[f.index].Path, Why: why, There: true})
	r.mu.Unlock()
	return fromTree(d.tree.Fail(f.index, why))
}

func (r *receiver) dealEnd(body []byte) error {
	e, err := parseEnding(body)
	if err != nil {
		return err
	}
	d, err := r.target("END")
	if err != nil {
		return err
	}
	if e.index >= len(r.m.Entries) || r.m.Entries[e.index].Size != manifest.StreamSize {
		return broken("END of an entry that is no stream")
	}
	if d.ordered != nil {
		return d.ordered.end(e.size)
	}
	return fromTree(d.tree.EndStream(e.index, e.size))
}

// dealKeep notes what of an earlier run is still good.
func (r *receiver) dealKeep(body []byte) error {
	d, err := r.target("KEEP")
	if err != nil {
		return err
	}
	p := reader{rest: body}
	for len(p.rest) > 0 {
		k := p.keep()
		if p.failed {
			return nonsense(msgKeep)
		}
		r.mu.Lock()
		var item haveItem
		asked := len(r.asked) > 0
		if asked {
			item, r.asked = r.asked[0], r.asked[1:]
		}
		r.mu.Unlock()
		switch {
		case !asked || item.groups != k.n || item.index != k.index:
			return broken("KEEP without HAVE")
		case item.whole && k.has(0):
			if err := r.standing.Keep(k.index); err != nil {
				return fromTree(err)
			}
			r.resumed += r.m.Entries[k.index].Size
			continue
		case item.whole:
			continue
		}
		for g := range k.n {
			if !k.has(g) {
				continue
			}
			if err := d.tree.Keep(k.index, g); err != nil {
				return fromTree(err)
			}
			size := r.m.Entries[k.index].Size
			group := tree.GroupSize(size)
			r.resumed += min(group, size-int64(g)*group)
		}
	}
	return nil
}

func (r *receiver) dealSent(body []byte) error {
	d, err := r.target("SENT")
	switch {
	case err != nil:
		return err
	case len(body) > 0:
		return nonsense(msgSent)
	case d.ordered != nil && !d.ordered.complete(), d.ordered == nil && !d.tree.Complete():
		return broken("SENT, but something is missing")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sent || len(r.asked) > 0 {
		return broken("SENT too early")
	}
	r.sent = true
	return nil
}

// frame writes what a lane brings.
func (r *receiver) frame(c *carrier, f *frame) error {
	if f.kind != kindData && f.kind != kindPacked && f.kind != kindHole {
		return brokenf("frame of kind %d from a sender", f.kind)
	}
	if r.halted.Load() {
		return nil
	}
	d, err := r.target("data")
	if err != nil {
		return err
	}
	if f.index >= len(r.m.Entries) {
		return broken("data of an entry that isn't in the manifest")
	}
	p := f.body
	if f.kind == kindPacked {
		if c.spare == nil {
			c.spare = make([]byte, 0, maxChunk)
		}
		if p, err = r.packer.unpack(c.spare, f.body, f.n); err != nil {
			return err
		}
	}
	switch e := &r.m.Entries[f.index]; {
	case f.kind == kindHole && e.Size == manifest.StreamSize:
		err = broken("a hole in a stream")
	case d.ordered == nil && e.Size == manifest.StreamSize && !r.growth.take(int64(len(f.body)), f.n):
		err = transfer.ErrGrowth
	case d.ordered != nil && f.kind == kindHole:
		err = d.ordered.hole(f.index, f.off, f.n)
	case d.ordered != nil:
		err = d.ordered.write(f.index, f.off, p)
	case f.kind == kindHole:
		err = d.tree.Hole(f.index, f.off, f.n)
	case f.off == 0 && f.n == e.Size:
		err = d.tree.WriteFile(f.index, p)
	default:
		err = d.tree.WriteAt(f.index, f.off, p)
	}
	return fromTree(err)
}

// fromTree makes an error of a tree one of the peer where that is to blame.
func fromTree(err error) error {
	switch {
	case errors.Is(err, tree.ErrClosed):
		return nil // the session has ended
	case errors.Is(err, tree.ErrRange):
		return brokenf("data outside of what was announced: %v", err)
	}
	return err
}

// written acknowledges when it is asked to, and in any case once in ackTime. The
// sender always reads, so this never waits for long.
func (r *receiver) written(c *carrier, ask bool) error {
	c.taken++
	now := time.Now()
	if !ask && now.Sub(c.acked) < ackTime || r.halted.Load() {
		return nil
	}
	c.acked = now
	if c.reply == nil {
		c.reply = make([]byte, 64+record.Overhead)
	}
	b := appendNumber(c.reply[record.HeaderSize:record.HeaderSize], kindAck, c.taken)
	return c.lane.Write(recordPlain, c.reply, len(b))
}

// A receiver sends no data, and only control messages may have to be sent again.
func (r *receiver) ready(*carrier) bool                 { return true }
func (r *receiver) room(*carrier) int                   { return record.MaxPayload }
func (r *receiver) next(*carrier) (bool, time.Duration) { return false, 0 }
func (r *receiver) fill(_ *carrier, b []byte) []byte    { return b }
func (r *receiver) flown(*carrier, int) bool            { return false }
func (r *receiver) lost(*carrier)                       {}
func (r *receiver) owes() bool                          { return false }
func (r *receiver) tick(time.Time)                      { r.report(false) }

// progress returns how far it is; mu is held.
func (r *receiver) progress() transfer.Progress {
	d := r.dst.Load()
	if d == nil {
		return transfer.Progress{}
	}
	p := transfer.Progress{Total: r.total}
	if r.stream && !r.sent {
		p.Total = -1
	}
	if d.ordered != nil {
		p.Done = d.ordered.written()
	} else {
		p.Done = d.tree.Written()
	}
	return p
}

func (r *receiver) mailDone([]failure) error { return broken("a sender says that it is done") }

func (r *receiver) report(last bool) {
	if r.cfg.Progress == nil || r.dst.Load() == nil {
		return
	}
	r.mu.Lock()
	p := r.progress()
	news := (p != r.told || last) && r.telling.begun()
	r.told = p
	r.mu.Unlock()
	if news {
		r.call(func() { r.cfg.Progress(p) })
	}
}
