package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"

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

// Commit makes a group of changes, and remembers what was there before.
func (u *Unreliable) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	makes := !slices.ContainsFunc(group, func(c store.Change) bool { return c.Does != store.Puts || c.Was != 0 })
	if !makes && u.now(u.faults.Conflicts) {
		return nil, store.ErrConflict
	}
	fails := u.now(u.faults.Errors)
	if fails && u.now(2) {
		return nil, ErrUnreliable
	}
	was := make([]store.Record, len(group))
	for i, c := range group {
		var err error
		if was[i], err = u.Store.Get(ctx, c.Key); err != nil {
			return nil, err
		}
	}
	versions, err := u.Store.Commit(ctx, group...)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	for i, c := range group {
		u.old[c.Key] = was[i]
	}
	u.mu.Unlock()
	for _, c := range group { // of what was made without being told so, too
		u.tell(c.Key)
	}
	if fails {
		return nil, ErrUnreliable
	}
	return versions, nil
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
