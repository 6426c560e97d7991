package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"sesame/relay/store"
)

// Faults are what an Unreliable store does: each once in so many times, 0 for never.
type Faults struct {
	Conflicts int // a change of what is there conflicts, as if somebody else had just made one
	Stale     int // a read is of before the last change
	Lost      int // a hint is lost, and word that some were comes in its place
	Errors    int // a change fails; half of those have been made all the same
}

// ErrUnreliable is what changes of an Unreliable store fail with.
var ErrUnreliable = errors.New("the disk failed")

// An Unreliable store does what a store may do that several relays share, or whose disk
// fails: see Faults. Each hint that isn't lost may come several times. Its methods may be called
// concurrently.
type Unreliable struct {
	store.Store
	faults Faults
	feed   chan store.Hint

	mu     sync.Mutex
	calm   bool
	random *rand.Rand
	old    map[store.Key]store.Record // as it was before the last change
}

// NewUnreliable makes of a store, whose feed nobody else reads, one with faults.
func NewUnreliable(s store.Store, f Faults, seed uint64) *Unreliable {
	u := &Unreliable{Store: s, faults: f, random: rand.New(rand.NewPCG(seed, 11)), old: make(map[store.Key]store.Record), feed: make(chan store.Hint, 4*store.Hints)}
	go func() {
		defer close(u.feed)
		for range s.Feed() { // the changes tell of themselves
		}
	}()
	return u
}

// Calm stops the faults, or has them happen again.
func (u *Unreliable) Calm(calm bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calm = calm
}

// now reports whether it is time for something that happens once in n times.
func (u *Unreliable) now(n int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.calm && n > 0 && u.random.IntN(n) == 0
}

// tell tells of a change, before it returns.
func (u *Unreliable) tell(k store.Key) {
	h := store.Hint{Key: k}
	if u.now(u.faults.Lost) {
		h = store.Hint{}
	}
	for again := true; again; again = u.now(2) {
		select {
		case u.feed <- h:
		default:
		}
	}
}

// Feed tells of changes.
func (u *Unreliable) Feed() <-chan store.Hint { return u.feed }

// change makes a change, and remembers what was there before.
func (u *Unreliable) change(ctx context.Context, k store.Key, makes bool, do func() error) error {
	if !makes && u.now(u.faults.Conflicts) {
		return store.ErrConflict
	}
	fails := u.now(u.faults.Errors)
	if fails && u.now(2) {
		return ErrUnreliable
	}
	r, err := u.Store.Get(ctx, k)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	u.mu.Lock()
	u.old[k] = r
	u.mu.Unlock()
	u.tell(k) // of what was made without being told so, too
	if fails {
		return ErrUnreliable
	}
	return nil
}

// Get returns what is there, or was before the last change, though that is seen once only and not
// where a record has just been made.
func (u *Unreliable) Get(ctx context.Context, k store.Key) (store.Record, error) {
	stale := u.now(u.faults.Stale)
	u.mu.Lock()
	r, ok := u.old[k]
	if stale {
		delete(u.old, k)
	}
	u.mu.Unlock()
	if ok && stale && r.Version != 0 {
		return r, nil
	}
	return u.Store.Get(ctx, k)
}

// Put makes a record or replaces its head.
func (u *Unreliable) Put(ctx context.Context, k store.Key, was uint64, head string, life time.Duration) (v uint64, err error) {
	err = u.change(ctx, k, was == 0, func() (err error) {
		v, err = u.Store.Put(ctx, k, was, head, life)
		return err
	})
	return v, err
}

// Append adds an item to a record.
func (u *Unreliable) Append(ctx context.Context, k store.Key, n int, item string) error {
	return u.change(ctx, k, false, func() error { return u.Store.Append(ctx, k, n, item) })
}

// Delete removes a record.
func (u *Unreliable) Delete(ctx context.Context, k store.Key, was uint64) error {
	return u.change(ctx, k, false, func() error { return u.Store.Delete(ctx, k, was) })
}
