package classic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"sesame/transfer"
)

// How long to wait for things that no person decides.
const (
	textWait    = time.Minute     // the answer to a text
	transitWait = 5 * time.Second // the peer's transit message, once it has answered or offered
	tellWait    = 2 * time.Second // to hand over an error message
	verdictWait = 2 * time.Second // for the peer's error after its connection broke
)

// next returns the peer's next message of a kind that is known here. An error
// message from the peer comes back as what it means.
func next(ctx context.Context, ch transfer.Channel) (*message, error) {
	for range maxForeign {
		data, err := ch.Receive(ctx)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, cause
			}
			return nil, fmt.Errorf("waiting for the other side: %w", err)
		}
		m, err := parseMessage(data)
		switch {
		case err != nil:
			return nil, err
		case m.err != nil:
			return nil, m.err
		case m.offer != nil || m.answer != nil || m.transit != nil:
			return m, nil
		}
	}
	return nil, nonsense("it sends nothing but unknown messages")
}

// within bounds a wait and names it in the error that ends it.
func within(ctx context.Context, d time.Duration, what transfer.Awaited) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &transfer.LateError{What: what, After: d})
}

// awaitTransit waits a little for the peer's transit message. Without one the
// peer can still come to us, so that is not an error.
func awaitTransit(ctx context.Context, ch transfer.Channel) (json.RawMessage, error) {
	wait, cancel := within(ctx, transitWait, transfer.AwaitHints)
	defer cancel()
	for range maxForeign {
		m, err := next(wait, ch)
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
				return json.RawMessage("{}"), nil
			}
			return nil, err
		}
		if m.transit != nil {
			return m.transit, nil
		}
	}
	return nil, nonsense("it repeats itself and sends no transit message")
}

// A farewell tells the peer once why this side stops.
type farewell struct {
	ch   transfer.Channel
	us   string // "the sender" or "the receiver"
	said bool
	log  *slog.Logger // may be nil
}

// say gives the peer the reason in err, if there is one, as well as it can: the
// channel may be gone. Nobody is told what it said itself. It should come before
// the data connection is closed, or the peer has to guess for a while.
func (f *farewell) say(ctx context.Context, err error) {
	if err == nil || f.said || fromPeer(err) {
		return
	}
	f.said = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWait)
	defer cancel()
	if err := f.ch.Send(ctx, errorMessage(f.ch.Suite() != "", publicReason(err, f.us))); err != nil && f.log != nil {
		f.log.Debug("the peer could not be told why the transfer ends", "err", err)
	}
}

// A watch listens on the channel while the data flows elsewhere: a receiver
// whose disk is full says so there.
type watch struct {
	ctx  context.Context // when the peer gives up it ends, and what it says is the cause
	stop context.CancelCauseFunc
	done chan struct{} // closed when nothing more will come
}

// startWatch begins to listen. The caller calls end.
func startWatch(ctx context.Context, ch transfer.Channel) *watch {
	w := &watch{done: make(chan struct{})}
	w.ctx, w.stop = context.WithCancelCause(ctx)
	go func() {
		defer close(w.done)
		for range maxForeign {
			_, err := next(w.ctx, ch)
			if fromPeer(err) {
				w.stop(err)
			}
			if err != nil {
				return // without the channel the transfer may still succeed
			}
		}
	}()
	return w
}

// end stops listening and returns when the goroutine has ended.
func (w *watch) end() {
	w.stop(nil)
	<-w.done
}

// verdict turns an error of the data connection into the best explanation: what
// the peer says on the channel, if it does so shortly, or why this side
// stopped.
func (w *watch) verdict(err error) error {
	if err == nil || fromPeer(err) || !broke(err) {
		return err
	}
	timer := time.NewTimer(verdictWait)
	defer timer.Stop()
	select {
	case <-w.ctx.Done():
	case <-w.done:
	case <-timer.C:
	}
	return w.cause(err)
}

// cause returns why the watch's context ended, or else err.
func (w *watch) cause(err error) error {
	if cause := context.Cause(w.ctx); cause != nil {
		return cause
	}
	return err
}
