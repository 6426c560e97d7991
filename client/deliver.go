package transfer

import (
	"context"
	"errors"
	"fmt"

	"sesame/transfer/native"
	"sesame/transit/record"
)

// Send lists what src is now, offers that to the peer on ch, waits until somebody
// there accepts it, and sends it. Nothing is added to the list any more, and what
// isn't as it says fails; but of a file that only grows, as a log does, what the
// list says is sent. Send returns a Report only when the receiver has confirmed that it has
// everything in place, except for what the Report says.
//
// How long the other person thinks is bounded by ctx only. Errors to tell apart:
// ErrRejected; a *PeerError when the other side gave up; a *ListError when src
// couldn't be listed, and a *DiskError when it couldn't be read; ErrClassicPeer for a stream that the peer can't take;
// ErrLost, or transit's own, when there is no way to reach the peer; and with a
// classic peer a *ChangedError when the source was not left alone, and
// ErrIntegrity when the receiver has something else. The peer is told why, if that
// is still possible. The channel stays open; closing it is the caller's.
func Send(ctx context.Context, ch Channel, src *Source, cfg *Config) (*Report, error) {
	if ch.Suite() == "" {
		return sendClassic(ctx, ch, src, cfg.withDefaults())
	}
	return sendNative(ctx, ch, src, cfg)
}

func sendNative(ctx context.Context, ch Channel, src *Source, cfg *Config) (rep *Report, err error) {
	first := &firstMessage{Channel: ch}
	bye := farewell{ch: ch, us: "the sender"}
	defer func() { first.farewell(ctx, &bye, err) }()
	c, err := nativeConfig(ch, cfg)
	if err != nil {
		return nil, err
	}
	l, err := src.fix(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer l.close()
	c.Stream = src.stream
	r, err := native.Send(ctx, first, l.m, l.files, c)
	if err != nil {
		return nil, fromForeign(err)
	}
	rep = nativeReport(r, l.m)
	rep.Grown = l.grown(rep.Failed)
	return rep, nil
}

// nativeConfig is cfg for package native.
func nativeConfig(ch Channel, cfg *Config) (*native.Config, error) {
	suite, err := record.Named(ch.Suite())
	if err != nil {
		return nil, err
	}
	if cfg == nil {
		cfg = new(Config)
	}
	c := &native.Config{
		ID:      cfg.ID,
		Transit: cfg.Transit, Suite: suite, Connected: cfg.Connected, Lost: cfg.Lost,
		NoCompress: cfg.NoCompress, Limit: cfg.Limit, Patience: cfg.Patience, Logger: cfg.Logger,
	}
	if agreed, ok := ch.(interface{ Features() []string }); ok {
		c.Features = agreed.Features()
	}
	if server, ok := ch.(interface{ Check() }); ok {
		c.Moved = server.Check
	}
	if f := cfg.Progress; f != nil {
		c.Progress = func(p native.Progress) { f(Progress(p)) }
	}
	return c, nil
}

// fromForeign makes what a native session failed with an error of this package. A
// peer that gives up before its session has begun does so in the classic way.
func fromForeign(err error) error {
	var foreign *native.Foreign
	if !errors.As(err, &foreign) {
		return fromNative(err)
	}
	m, perr := parseMessage(foreign.Message)
	if perr == nil && m.err != nil {
		return m.err
	}
	return fmt.Errorf("both sides speak the native protocol: %w", err)
}

// A firstMessage is a channel that bounds the wait for the peer's first message,
// and knows whether it has come: until then a native session tells nobody why it
// fails.
type firstMessage struct {
	Channel
	bounded bool
	came    bool
}

func (f *firstMessage) Receive(ctx context.Context) ([]byte, error) {
	if f.came {
		return f.Channel.Receive(ctx)
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	if f.bounded {
		wait, cancel = within(ctx, offerWait, "an offer")
	}
	defer cancel()
	msg, err := f.Channel.Receive(wait)
	if err == nil {
		f.came = true
	} else if cause := context.Cause(wait); cause != nil {
		err = cause
	}
	return msg, err
}

// farewell tells the peer of err if no session has begun that does.
func (f *firstMessage) farewell(ctx context.Context, bye *farewell, err error) {
	var foreign *native.Foreign
	if !f.came || errors.As(err, &foreign) {
		bye.say(ctx, err)
	}
}
