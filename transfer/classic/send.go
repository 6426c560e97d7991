package classic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// Send lists what there is now, offers that to the peer on ch, waits until somebody
// there accepts it, and sends it. Nothing is added to the list any more, and what
// isn't as it says fails; but of a file that only grows, as a log does, what the
// list says is sent. Send returns a Report only when the receiver has confirmed that
// it has everything in place, except for what the Report says.
//
// How long the other person thinks is bounded by ctx only. Errors to tell apart:
// transfer.ErrRejected; a *transfer.PeerError when the other side gave up; a
// *transfer.ListError when it couldn't be listed, a *transfer.DiskError when it
// couldn't be read, and a *transfer.ChangedError when it was not left alone;
// transfer.ErrClassicPeer for a stream, which the peer can't take;
// transfer.ErrIntegrity when the receiver has something else; and transit's own when
// there is no way to reach the peer. The peer is told why, if that is still
// possible. The channel stays open; closing it is the caller's.
func Send(ctx context.Context, ch transfer.Channel, what transfer.Sending, cfg *transfer.Config) (*transfer.Report, error) {
	return sendSource(ctx, ch, what, with(cfg))
}

func sendSource(ctx context.Context, ch transfer.Channel, what transfer.Sending, cfg *settings) (rep *transfer.Report, err error) {
	cfg = cfg.complete()
	bye := farewell{ch: ch, us: "the sender", log: cfg.Logger}
	defer func() { bye.say(ctx, err) }()
	if what.Source.IsStream() {
		return nil, transfer.ErrClassicPeer
	}
	ep, err := announce(ctx, ch, true, cfg)
	if err != nil {
		return nil, err
	}
	defer ep.Close()

	l, err := what.Fix(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	as, err := rulesOf(l.Manifest).Apply(ctx, l.Manifest)
	if err != nil {
		return nil, err
	}
	if what.Named != nil && len(as.Renamed) > 0 {
		what.Named(as)
	}
	b, err := newBundle(as.List, what.Source.Name())
	if err != nil {
		return nil, err
	}
	b.listed = l.Manifest
	o, err := b.offer(ctx)
	if err != nil {
		return nil, err
	}
	if err := ch.Send(ctx, o.message()); err != nil {
		return nil, fmt.Errorf("sending the offer: %w", err)
	}
	wanted := what.Put()
	peer, err := awaitAnswer(ctx, ch)
	if err != nil {
		return nil, err
	}

	wanted()
	w := startWatch(ctx, ch)
	defer w.end()
	c, err := ep.connect(w.ctx, peer)
	if err != nil {
		return nil, w.cause(err)
	}
	d := newDataConn(w.ctx, c, cfg, false)
	defer d.Close()
	lost, err := b.deliver(w.ctx, d, l.Files, o, cfg.Progress)
	if err = w.verdict(err); err != nil {
		bye.say(ctx, err) // before the connection is closed
		return nil, err
	}
	return &transfer.Report{Failed: lost, Skipped: b.skipped, Grown: l.Grown(lost), Bytes: b.size, Path: c.Path()}, nil
}

// announce opens an endpoint and tells the peer how to reach it.
func announce(ctx context.Context, ch transfer.Channel, sender bool, cfg *settings) (endpoint, error) {
	ep, err := cfg.listen(ctx, sender, ch.Key(AppID+"/transit-key", 32))
	if err != nil {
		return nil, err
	}
	hints, err := ep.hints()
	if err == nil {
		err = ch.Send(ctx, transitMessage(hints))
	}
	if err != nil {
		ep.Close()
		return nil, fmt.Errorf("sending the transit message: %w", err)
	}
	return ep, nil
}

// offer describes the bundle.
func (b *bundle) offer(ctx context.Context) (*offer, error) {
	if !b.dir {
		return &offer{kind: transfer.File, name: b.name, wire: b.size, size: b.size, files: 1}, nil
	}
	size, err := zipSize(ctx, b)
	if err != nil {
		return nil, err
	}
	return &offer{kind: transfer.Directory, name: b.name, wire: size, size: b.size, files: b.files}, nil
}

// awaitAnswer waits for somebody to accept the offer and returns the peer's
// transit message, which comes before or after the answer, sometimes twice.
func awaitAnswer(ctx context.Context, ch transfer.Channel) (json.RawMessage, error) {
	var peer json.RawMessage
	for range maxForeign {
		m, err := next(ctx, ch)
		switch {
		case err != nil:
			return nil, err
		case m.offer != nil:
			return nil, transfer.ErrBothSend
		case m.transit != nil && peer == nil:
			peer = m.transit
		case m.answer != nil && m.answer.fileAck != "ok":
			return nil, nonsense("it did not accept the offer")
		case m.answer != nil && peer != nil:
			return peer, nil
		case m.answer != nil:
			return awaitTransit(ctx, ch)
		}
	}
	return nil, nonsense("it talks and does not answer")
}

// deliver sends the bytes and waits for the confirmation, which says what the
// receiver could not write.
func (b *bundle) deliver(ctx context.Context, c *dataConn, files transfer.Files, o *offer, told func(transfer.Progress)) (lost []transfer.Failure, err error) {
	in := &reader{m: b.listed, files: files, buf: make([]byte, blockSize)}
	produce := func(w io.Writer) error {
		if !b.dir {
			return in.copy(w, int(b.items[0]))
		}
		return writeZip(ctx, w, b, in.copy)
	}
	progress := newMeter(o.wire, told)
	sum, err := send(c, o.wire, c.pace.chunk(recordSize), produce, progress.moved)
	if err != nil {
		return nil, err
	}
	c.sent = true
	c.SetIdle(ackWait(o.wire + o.size))
	if o.wire == 0 {
		defer nudge(c)()
	}
	data, err := c.ReadRecord()
	if err != nil {
		return nil, err
	}
	if lost, err = checkAck(data, sum); err != nil {
		return nil, err
	}
	progress.done()
	return lost, nil
}

// A reader reads the files of a manifest.
type reader struct {
	m     *manifest.Manifest
	files transfer.Files
	buf   []byte
}

// copy writes the bytes of entry i to w, and fails with a *ChangedError unless
// the file is what was listed.
func (r *reader) copy(w io.Writer, i int) error {
	e := &r.m.Entries[i]
	f, err := r.files.Open(i)
	if err != nil {
		return readError(e.Path, err)
	}
	defer f.Close()
	done := int64(0)
	for done < e.Size {
		n, err := f.ReadAt(r.buf[:min(int64(len(r.buf)), e.Size-done)], done)
		if n > 0 {
			if _, err := w.Write(r.buf[:n]); err != nil {
				return err
			}
			done += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return readError(e.Path, err)
		}
	}
	if err := r.files.Changed(f, i); err != nil {
		return readError(e.Path, err)
	}
	if done < e.Size {
		return &transfer.ChangedError{Path: e.Path, How: manifest.Because(manifest.CauseShort)}
	}
	return nil
}

// ackWait is how long a receiver may take to unpack and sync n bytes.
func ackWait(n int64) time.Duration {
	return maxIdle + time.Duration(min(n>>23, 24*3600))*time.Second // 8 MiB a second
}

// A meter reports progress that never falls and is complete only at the end.
type meter struct {
	total  int64
	report func(transfer.Progress)
}

func newMeter(total int64, report func(transfer.Progress)) *meter {
	report(transfer.Progress{Done: 0, Total: total})
	return &meter{total, report}
}

func (m *meter) moved(n int64) {
	if n < m.total {
		m.report(transfer.Progress{Done: n, Total: m.total})
	}
}

func (m *meter) done() { m.report(transfer.Progress{Done: m.total, Total: m.total}) }
