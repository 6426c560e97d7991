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

// Interpret says what a peer means that speaks another protocol, but begins with a
// message of this one: a text, which is an offer in any case, or that it has given
// up, which is the error. For any other message both are nil.
func Interpret(ch transfer.Channel, msg []byte) (*transfer.Offer, error) {
	m, err := parseMessage(msg)
	switch {
	case err != nil:
		return nil, nil
	case m.err != nil:
		return nil, m.err
	case m.offer != nil && m.offer.kind == transfer.Text:
		return transfer.NewText(m.offer.text, &textOffer{ch, len(m.offer.text)}), nil
	}
	return nil, nil
}
