package client

import (
	"context"
	"errors"
	"time"

	"sesame/rendezvous"
)

const (
	// silentFor is how long the other side may say nothing before this one's user
	// hears of it.
	silentFor = 10 * time.Second
	// missedFor is how long it may, if it had to wait for us, until it is taken to
	// have left.
	missedFor = 30 * time.Second
)

// answering tells the user if the other side has proven the code, but then says
// nothing. If it may have left before we came to hear of it, and would speak at once
// were it there, ctx ends as Missed in the end.
func (c *meeting) answering(ctx context.Context, ch *rendezvous.Channel, prompt bool) (watched context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	late := ch.Late()
	if late >= silentFor {
		c.told.note(NoteCameLate, late)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if !silent(ctx, ch, silentFor) {
			return
		}
		if late < silentFor {
			c.told.note(c.silence())
			return
		}
		c.told.note(NoteSilentLong)
		if prompt && ch.Suite() != "" && silent(ctx, ch, missedFor-silentFor) {
			cancel(Fail(Missed))
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// silence is what the other side's silence may mean: most programs offer at once what
// they send, and one that receives, too, says nothing.
func (c *meeting) silence() Code {
	if c.role == receives && c.kin.other != rendezvous.Alike {
		return NoteNoOffer
	}
	return NoteSilent
}

// silent waits for the other side to say something, and reports whether it was too
// long.
func silent(ctx context.Context, ch *rendezvous.Channel, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return errors.Is(ch.Answered(ctx), context.DeadlineExceeded)
}
