package transfer

import "context"

// Abort tells the peer that this side ends the session before a transfer began,
// and why: reason is shown to the person there. The channel is left open.
func Abort(ctx context.Context, ch Channel, reason string) error {
	return ch.Send(ctx, errorMessage(reason))
}
