package mailbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"sesame/relay/figures"
	"sesame/relay/store"
)

// A watched store tells whether it does its work.
type watched struct {
	store.Store
	took *figures.Times // writes

	mu    sync.Mutex
	err   error     // the last one, nil if all is well
	since time.Time // when it began
}

// note says what came of asking the store for something.
func (w *watched) note(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.err = nil
	case errors.Is(err, store.ErrConflict), errors.Is(err, context.Canceled):
	case w.err == nil:
		w.err, w.since = err, time.Now()
	default:
		w.err = err
	}
	return err
}

// state returns what is wrong, and for how long it has been.
func (w *watched) state() (time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return 0, nil
	}
	return time.Since(w.since), w.err
}

func (w *watched) Put(ctx context.Context, k store.Key, was uint64, head string, life time.Duration) (uint64, error) {
	begin := time.Now()
	v, err := w.Store.Put(ctx, k, was, head, life)
	w.took.Add(time.Since(begin))
	return v, w.note(err)
}

func (w *watched) Append(ctx context.Context, k store.Key, n int, item string) error {
	begin := time.Now()
	err := w.Store.Append(ctx, k, n, item)
	w.took.Add(time.Since(begin))
	return w.note(err)
}

func (w *watched) Delete(ctx context.Context, k store.Key, was uint64) error {
	return w.note(w.Store.Delete(ctx, k, was))
}

// Bounds on the time after which a client is told to try again.
const (
	soonest = 2 * time.Second
	latest  = time.Minute
)

// patience returns after what time a command may be tried again that has failed now.
func (w *watched) patience() time.Duration {
	lasted, _ := w.state()
	return min(max(lasted, soonest), latest)
}
