package transfer

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Send offers src to the peer on ch, waits until somebody there accepts it, and
// sends it. It returns nil only when the receiver has confirmed that it has
// every byte in place.
//
// How long the other person thinks is bounded by ctx only. Errors to tell apart:
// ErrRejected; a *PeerError when the other side gave up; a *ChangedError when
// the source was not left alone; a *DiskError when it couldn't be read;
// ErrIntegrity when the receiver has something else; transit's own when there is
// no way to reach the peer. The peer is told why, if that is still possible. The
// channel stays open; closing it is the caller's.
func Send(ctx context.Context, ch Channel, src *Source, cfg *Config) (err error) {
	cfg = cfg.withDefaults()
	bye := farewell{ch: ch, us: "the sender", log: cfg.Logger}
	defer func() { bye.say(ctx, err) }()
	ep, err := announce(ctx, ch, true, cfg)
	if err != nil {
		return err
	}
	defer ep.Close()

	list, err := src.listing(ctx)
	if err != nil {
		return err
	}
	o, err := src.offer(ctx, list)
	if err != nil {
		return err
	}
	if err := ch.Send(ctx, o.message()); err != nil {
		return fmt.Errorf("sending the offer: %w", err)
	}
	peer, err := awaitAnswer(ctx, ch)
	if err != nil {
		return err
	}

	w := startWatch(ctx, ch)
	defer w.end()
	c, err := ep.connect(w.ctx, peer)
	if err != nil {
		return w.cause(err)
	}
	d := newDataConn(w.ctx, c, cfg.Idle, "receiver")
	defer d.Close()
	err = w.verdict(src.deliver(w.ctx, d, list, o, cfg))
	bye.say(ctx, err)
	return err
}

// announce opens an endpoint and tells the peer how to reach it.
func announce(ctx context.Context, ch Channel, sender bool, cfg *Config) (endpoint, error) {
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

// offer describes the source as list has it.
func (s *Source) offer(ctx context.Context, list *listing) (*offer, error) {
	if !s.IsDir() {
		return &offer{kind: File, name: s.name, wire: list.size, size: list.size, files: 1}, nil
	}
	size, err := zipSize(ctx, list)
	if err != nil {
		return nil, err
	}
	return &offer{kind: Directory, name: s.name, wire: size, size: list.size, files: list.files}, nil
}

// awaitAnswer waits for somebody to accept the offer and returns the peer's
// transit message, which comes before or after the answer, sometimes twice.
func awaitAnswer(ctx context.Context, ch Channel) (json.RawMessage, error) {
	var peer json.RawMessage
	for range maxForeign {
		m, err := next(ctx, ch)
		switch {
		case err != nil:
			return nil, err
		case m.transit != nil && peer == nil:
			peer = m.transit
		case m.answer != nil && m.answer.fileAck != "ok":
			return nil, errors.New("the other side did not accept the offer")
		case m.answer != nil && peer != nil:
			return peer, nil
		case m.answer != nil:
			return awaitTransit(ctx, ch)
		}
	}
	return nil, errors.New("the other side talks and does not answer")
}

// deliver sends the bytes and waits for the confirmation.
func (s *Source) deliver(ctx context.Context, c *dataConn, list *listing, o *offer, cfg *Config) error {
	files, err := s.newReader()
	if err != nil {
		return err
	}
	defer files.Close()
	produce := func(w io.Writer) error {
		if o.kind == File {
			return files.copy(w, list.entries[0])
		}
		return writeZip(ctx, w, list, files.copy)
	}
	progress := newMeter(o.wire, cfg.Progress)
	sum, err := send(c, o.wire, produce, progress.moved)
	if err != nil {
		return err
	}
	c.SetIdle(ackWait(cfg.Idle, o.wire+o.size))
	if o.wire == 0 {
		defer nudge(c)()
	}
	data, err := c.ReadRecord()
	if err != nil {
		return err
	}
	if err := checkAck(data, sum); err != nil {
		return err
	}
	progress.done()
	return nil
}

// ackWait is how long a receiver may take to unpack and sync n bytes.
func ackWait(idle time.Duration, n int64) time.Duration {
	return idle + time.Duration(min(n>>23, 24*3600))*time.Second // 8 MiB a second
}

// ackMessage is the receiver's last word. Some peers insist on the hash.
func ackMessage(sum []byte) []byte {
	return encode(map[string]string{"ack": "ok", "sha256": hex.EncodeToString(sum)})
}

// checkAck compares the receiver's last word with what was sent. Old receivers
// send no hash.
func checkAck(data, sum []byte) error {
	var o object
	if len(data) > recordSize || json.Unmarshal(data, &o) != nil {
		return fmt.Errorf("%w: the receiver's confirmation is damaged", ErrIntegrity)
	}
	if ack, err := o.str("ack"); err != nil || ack != "ok" {
		return fmt.Errorf("%w: the receiver does not confirm it", ErrIntegrity)
	}
	if o["sha256"] == nil {
		return nil
	}
	theirs, err := o.str("sha256")
	if err != nil || subtle.ConstantTimeCompare([]byte(theirs), []byte(hex.EncodeToString(sum))) != 1 {
		return fmt.Errorf("%w: the receiver has something else", ErrIntegrity)
	}
	return nil
}

// A meter reports progress that never falls and is complete only at the end.
type meter struct {
	total  int64
	report func(Progress)
}

func newMeter(total int64, report func(Progress)) *meter {
	report(Progress{0, total})
	return &meter{total, report}
}

func (m *meter) moved(n int64) {
	if n < m.total {
		m.report(Progress{n, m.total})
	}
}

func (m *meter) done() { m.report(Progress{m.total, m.total}) }
