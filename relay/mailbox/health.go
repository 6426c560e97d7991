package mailbox

import (
	"container/list"
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

	mu      sync.Mutex
	err     error     // the last one, nil if all is well
	since   time.Time // when it began
	doubts  doubts    // until there are any, nil
	waiting list.List // when changes were asked for that aren't answered, the oldest first
}

// begin notes that a change is asked for.
func (w *watched) begin() (at time.Time, turn *list.Element) {
	at = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	return at, w.waiting.PushBack(at)
}

// stalled returns for how long the oldest change waits. A disk that is full, or fails, answers; one
// that hangs doesn't.
func (w *watched) stalled() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if oldest := w.waiting.Front(); oldest != nil {
		return time.Since(oldest.Value.(time.Time))
	}
	return 0
}

// end says what came of a group of changes that has begun.
func (w *watched) end(group []store.Change, turn *list.Element, err error) error {
	w.mu.Lock()
	w.waiting.Remove(turn)
	w.mu.Unlock()
	return w.note(group, err)
}

// note says what came of asking the store to change something.
func (w *watched) note(group []store.Change, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.err = nil
		return nil
	case errors.Is(err, store.ErrConflict), errors.Is(err, context.Canceled):
		return err
	case w.err == nil:
		w.since = time.Now()
	}
	w.err = err
	if w.doubts == nil {
		w.doubts = make(doubts)
	}
	for i := range group {
		w.doubts.add(group[i].Key)
	}
	return err
}

// doubt says that it isn't known what a record is.
func (w *watched) doubt(k store.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubts.add(k)
}

// doubtful returns a record of which that isn't known, if the store does its work; it is
// to be read then.
func (w *watched) doubtful() (store.Key, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return store.Key{}, false
	}
	return w.doubts.take()
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

func (w *watched) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	begun, turn := w.begin()
	versions, err := w.Store.Commit(ctx, group...)
	w.took.Add(time.Since(begun))
	return versions, w.end(group, turn, err)
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
