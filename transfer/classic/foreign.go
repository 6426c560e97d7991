package classic

import (
	"context"

	"sesame/transfer"
)

// Abort tells the peer that this side ends the session before a transfer began,
// and why. The channel is left open.
func Abort(ctx context.Context, ch transfer.Channel, why transfer.Reason) error {
	if why.Code == transfer.ReasonCancelled && why.Words == "" {
		why = why.Saying("the person there cancelled the transfer") // as other programs say it
	}
	return ch.Send(ctx, errorMessage(ch.Suite() != "", why))
}

// Farewell tells the peer why this side, the receiver or the sender, ends a transfer,
// where no session of another protocol has begun that says so. Nobody is told what it said
// itself.
func Farewell(ctx context.Context, ch transfer.Channel, receives bool, err error) {
	bye := farewell{ch: ch, us: "the sender"}
	if receives {
		bye.us = "the receiver"
	}
	bye.say(ctx, err)
}

// Interpret returns why a peer has given up that speaks another protocol, but says so
// with a message of this one, before its session has begun; nil for any other message.
func Interpret(msg []byte) error {
	if m, err := parseMessage(msg); err == nil && m.err != nil {
		return m.err
	}
	return nil
}
