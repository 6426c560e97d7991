package main

import (
	"context"
	"errors"
	"time"

	"sesame/client"
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

// errMissed ends a session whose other side came while this one couldn't know.
var errMissed = client.Fail(client.Missed)

// watched has what a client of a mailbox server finds out while it waits told to
// its user.
func watched(cfg *rendezvous.Config, ui *terminal) *rendezvous.Config {
	cfg.Logger = ui.log
	cfg.Unanswered = func() {
		ui.note(client.NoteUnanswered)
	}
	cfg.Returned = func(away time.Duration) {
		ui.note(client.NoteReturned, away)
	}
	return cfg
}

// answering tells the user if the other side has proven the code, but then says
// nothing. If it may have left before we came to hear of it, and would speak at once
// were it there, ctx ends with errMissed in the end.
func answering(ctx context.Context, ui *terminal, ch *rendezvous.Channel, prompt bool) (watched context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	late := ch.Late()
	if late >= silentFor {
		ui.note(client.NoteCameLate, late)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if !silent(ctx, ch, silentFor) {
			return
		}
		if late < silentFor {
			ui.note(client.NoteSilent)
			return
		}
		ui.note(client.NoteSilentLong)
		if prompt && ch.Suite() != "" && silent(ctx, ch, missedFor-silentFor) {
			cancel(errMissed)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// silent waits for the other side to say something, and reports whether it was too
// long.
func silent(ctx context.Context, ch *rendezvous.Channel, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return errors.Is(ch.Answered(ctx), context.DeadlineExceeded)
}
