package native

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A receiver is one tree that the other side sends: an exchange of its own.
type receiver struct {
	c *Conversation
	x *session.Exchange

	// These belong to the goroutine that deals with messages; m and id don't change
	// once the list is complete.
	decoder manifest.Decoder
	reasons reasonBook
	counted int // entries that count for the conversation
	id      tree.ID
	m       *manifest.Manifest // nil until it is complete

	growth growth // of streams that go to a disk
	dst    atomic.Pointer[destination]
	tally  tally
	losses *tree.Losses // what this side's disk can't take
	told   transfer.Progress

	// These belong to who has accepted it.
	standing tree.Standing // of nothing, or set before dst
	missing  []failure     // what DONE says
}

// A destination is where the data goes once the offer is accepted.
type destination struct {
	tree    tree.Writer
	ordered *ordered // instead of tree
}

func newReceiver(c *Conversation, x *session.Exchange) *receiver {
	r := &receiver{c: c, x: x, losses: new(tree.Losses), standing: tree.Nothing{}}
	c.moving.add(r)
	return r
}

// refuse drops what nobody has accepted, and won't.
func (r *receiver) refuse() {
	r.x.Drop(session.Reason{Code: session.CodeLeaving, Words: "nothing is received there"})
	r.c.moving.remove(r, r.counted)
}

// Deal is session.Handler's.
func (r *receiver) Deal(typ session.Message, body []byte) error {
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
	return brokenf("%v from a sender", named(typ))
}

// dealIdentity notes which transfer this is. It comes before the list is complete.
func (r *receiver) dealIdentity(body []byte) error {
	switch {
	case len(body) != len(r.id) || [16]byte(body) == r.id:
		return nonsense(msgIdentity)
	case r.m != nil || r.id != tree.ID{}:
		return broken("IDENTITY too late")
	}
	r.id = tree.ID(body)
	return nil
}

func (r *receiver) dealPiece(body []byte) error {
	if r.m != nil {
		return broken("PIECE after LISTED")
	}
	if err := r.decoder.Add(body); err != nil {
		return err
	}
	more := r.decoder.Entries() - r.counted
	if r.counted += more; !r.c.moving.count(more) {
		return broken("lists too much at once")
	}
	return nil
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
	r.m = m
	r.tally.change(func(t *received) { t.listed, t.total, t.stream = true, l.bytes, stream })
	r.c.arrived(arrival{tree: r})
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
		// It is the peer's own reason, which it isn't told again.
		return fmt.Errorf("%w: %w", &transfer.FailedError{Why: f.reason.Entry()}, &session.PeerError{})
	}
	if kept, skipped := r.standing.Covers(f.index); kept || skipped {
		return broken("FAILED of an entry that isn't to be sent")
	}
	if _, failed := d.tree.Failed(f.index); failed {
		return broken("FAILED twice")
	}
	why := r.reasons.keep(f.reason.Entry())
	r.tally.change(func(t *received) {
		t.failures = append(t.failures, transfer.Failure{Path: r.m.Entries[f.index].Path, Why: why, There: true})
	})
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
		err = d.ordered.end(e.size)
	} else {
		err = fromTree(d.tree.EndStream(e.index, e.size))
	}
	if err == nil {
		r.tally.change(func(t *received) { t.total += min(e.size, math.MaxInt64-t.total) })
	}
	return err
}

// dealKeep notes what of an earlier run is still good.
func (r *receiver) dealKeep(body []byte) error {
	d, err := r.target("KEEP")
	if err != nil {
		return err
	}
	p := read(body)
	for len(p.Rest) > 0 {
		k := p.keep()
		if p.Failed {
			return nonsense(msgKeep)
		}
		item, asked := r.tally.answered()
		switch {
		case !asked || item.groups != k.n || item.index != k.index:
			return broken("KEEP without HAVE")
		case item.whole && k.has(0):
			if err := r.standing.Keep(k.index); err != nil {
				return fromTree(err)
			}
			r.tally.change(func(t *received) { t.resumed += r.m.Entries[k.index].Size })
			continue
		case item.whole:
			continue
		}
		kept := int64(0)
		for g := range k.n {
			if !k.has(g) {
				continue
			}
			if err := d.tree.Keep(k.index, g); err != nil {
				return fromTree(err)
			}
			size := r.m.Entries[k.index].Size
			group := tree.GroupSize(size)
			kept += min(group, size-int64(g)*group)
		}
		r.tally.change(func(t *received) { t.resumed += kept })
	}
	return nil
}

// dealSent notes that everything is said to be here. Who has accepted looks whether it is.
func (r *receiver) dealSent(body []byte) (err error) {
	if _, err := r.target("SENT"); err != nil {
		return err
	}
	if len(body) > 0 {
		return nonsense(msgSent)
	}
	r.tally.change(func(t *received) {
		if t.sent || len(t.asked) > 0 {
			err = broken("SENT too early")
		}
		t.sent = true
	})
	return err
}

// complete returns an error if something is missing of what is said to be here.
func (r *receiver) complete() error {
	d := r.dst.Load()
	if d.ordered != nil && !d.ordered.complete() || d.ordered == nil && !d.tree.Complete() {
		return broken("SENT, but something is missing")
	}
	return nil
}

// Take is session.Handler's: it writes what a lane brings.
func (r *receiver) Take(f *session.Frame) error {
	d, err := r.target("data")
	if err != nil {
		return err
	}
	if f.Index >= len(r.m.Entries) {
		return broken("data of an entry that isn't in the manifest")
	}
	p := f.Body
	if f.Kind == session.Packed {
		if p, err = r.c.packer.unpack(f.Spare, f.Body, f.N); err != nil {
			return err
		}
	}
	switch e := &r.m.Entries[f.Index]; {
	case f.Kind == session.Hole && e.Size == manifest.StreamSize:
		err = broken("a hole in a stream")
	case d.ordered == nil && e.Size == manifest.StreamSize && !r.growth.take(int64(len(f.Body)), f.N):
		err = transfer.ErrGrowth
	case d.ordered != nil && f.Kind == session.Hole:
		err = d.ordered.hole(f.Index, f.Off, f.N)
	case d.ordered != nil:
		err = d.ordered.write(f.Index, f.Off, p)
	case f.Kind == session.Hole:
		err = d.tree.Hole(f.Index, f.Off, f.N)
	case f.Off == 0 && f.N == e.Size:
		err = d.tree.WriteFile(f.Index, p)
	default:
		err = d.tree.WriteAt(f.Index, f.Off, p)
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

// progress returns how far it is.
func (r *receiver) progress() transfer.Progress {
	d, t := r.dst.Load(), r.tally.is()
	p := transfer.Progress{Total: t.total}
	if t.stream && !t.sent {
		p.Total = -1
	}
	if d.ordered != nil {
		p.Done = d.ordered.written()
	} else {
		p.Done = d.tree.Written()
	}
	return p
}

// tick calls the user's function if there is news, or at the end.
func (r *receiver) tick(last bool) {
	if r.c.cfg.Progress == nil || r.dst.Load() == nil || !r.c.session.Connected() {
		return
	}
	p := r.progress()
	r.c.session.Call(func() {
		if p != r.told || last {
			r.told = p
			r.c.cfg.Progress(p)
		}
	})
}
