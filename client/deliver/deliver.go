// Package deliver moves a text or files to the peer on a channel, or takes them, in
// the protocol that the two have agreed on: native between two sesames, classic with
// every other program.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sesame/transfer"
	"sesame/transfer/classic"
	"sesame/transfer/native"
)

// AppID is the application under which peers meet.
const AppID = classic.AppID

// MaxText is the largest message of a text, in bytes.
const MaxText = classic.MaxText

// Suites names the AEADs that the native protocol is spoken with here, best first, for
// a channel that announces them to the peer.
func Suites() []string { return native.Suites() }

// What both sides hand over is what the protocol takes that understands more of it; a
// classic peer gets what is the same for all.
type (
	Settings = native.Settings
	Load     = native.Load
)

// Send sends what there is to the peer on ch, in the protocol that the two have agreed on.
// It returns a Report only when the receiver has confirmed that it has everything in
// place, except for what the Report says. What the errors are, classic.Send and
// native.Send say. The peer is told why, if that is still possible. The channel stays
// open; closing it is the caller's.
func Send(ctx context.Context, ch transfer.Channel, what Load, how *Settings) (rep *transfer.Report, err error) {
	if ch.Suite() == "" {
		return classic.Send(ctx, ch, what.Sending, common(how))
	}
	first := &firstMessage{Channel: ch}
	defer func() { first.farewell(ctx, err) }()
	rep, err = native.Send(ctx, first, what, how)
	return rep, first.explain(err)
}

// SendText sends a text, whatever the peer speaks, and returns when the peer has
// confirmed it. CheckText says which texts are refused.
func SendText(ctx context.Context, ch transfer.Channel, text string, how *Settings) (err error) {
	if ch.Suite() == "" {
		return classic.SendText(ctx, ch, text)
	}
	if err := CheckText(text); err != nil {
		return err
	}
	first := &firstMessage{Channel: ch}
	defer func() { first.farewell(ctx, err) }()
	return first.explain(native.SendText(ctx, first, text, how))
}

// CheckText returns why SendText would refuse a text, or nil, so that a user
// learns of it before a code is made.
func CheckText(text string) error { return classic.CheckText(text) }

// Abort tells the peer that this side ends the session before a transfer began,
// and why. The channel is left open.
func Abort(ctx context.Context, ch transfer.Channel, why transfer.Reason) error {
	return classic.Abort(ctx, ch, why)
}

// Receive waits for the peer's offer on ch, at most ten minutes. ctx bounds this call
// only. What the errors are, classic.Receive and native.Receive say.
func Receive(ctx context.Context, ch transfer.Channel, how *Settings) (o *transfer.Offer, err error) {
	if ch.Suite() == "" {
		return classic.Receive(ctx, ch, common(how))
	}
	first := &firstMessage{Channel: ch, receives: true}
	defer func() { first.farewell(ctx, err) }()
	o, err = native.Receive(ctx, first, how)
	return o, first.explain(err)
}

// common returns what every protocol understands of how.
func common(how *Settings) *transfer.Config {
	if how == nil {
		return nil
	}
	return &how.Config
}

// A firstMessage is a channel that bounds a receiver's wait for the peer's first
// message, and knows whether it has come: until then a native session tells nobody
// why it fails.
type firstMessage struct {
	transfer.Channel
	receives bool
	came     bool
}

// errNoOffer ends the wait for the first message.
type errNoOffer struct{}

func (errNoOffer) Error() string {
	return fmt.Sprintf("an offer did not come within %v", transfer.OfferWait)
}
func (errNoOffer) Unwrap() error { return os.ErrDeadlineExceeded }

func (f *firstMessage) Receive(ctx context.Context) ([]byte, error) {
	if f.came {
		return f.Channel.Receive(ctx)
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	if f.receives {
		wait, cancel = context.WithTimeoutCause(ctx, transfer.OfferWait, errNoOffer{})
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

// explain says what a first message that isn't native means, if that is what err is
// about: a peer that gives up before its session has begun does so in the classic
// way.
func (f *firstMessage) explain(err error) error {
	var foreign *native.Foreign
	if !errors.As(err, &foreign) {
		return err
	}
	if gone := classic.Interpret(foreign.Message); gone != nil {
		return gone
	}
	return fmt.Errorf("both sides speak the native protocol: %w", err)
}

// farewell tells the peer of err if no session has begun that does.
func (f *firstMessage) farewell(ctx context.Context, err error) {
	var foreign *native.Foreign
	if !f.came || errors.As(err, &foreign) {
		classic.Farewell(ctx, f.Channel, f.receives, err)
	}
}
