package mailbox

import (
	"sync"

	"sesame/relay/store"
)

// Turns are of commands on one mailbox, of which one at a time is carried out here: not that
// it would matter to the store, but they don't get in each other's way, and what is known
// of it changes in the order of the store. Who has one takes no other.
type turns struct {
	mu sync.Mutex
	of map[store.Key]*turn
}

type turn struct {
	mu    sync.Mutex
	users int
	next  []func() // to be done when the one who has it has ended it
}

// after has f called when the turn has ended that somebody has. It reports false, and does nothing, if nobody
// has one.
func (t *turns) after(k store.Key, f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.of[k]
	if u != nil {
		u.next = append(u.next, f)
	}
	return u != nil
}

// take waits for a turn, and returns what ends it.
func (t *turns) take(k store.Key) (done func()) {
	t.mu.Lock()
	if t.of == nil {
		t.of = make(map[store.Key]*turn)
	}
	u := t.of[k]
	if u == nil {
		u = &turn{}
		t.of[k] = u
	}
	u.users++
	t.mu.Unlock()
	u.mu.Lock()
	return func() {
		u.mu.Unlock()
		for _, f := range t.end(k, u) {
			f()
		}
	}
}

// end gives a turn up, and returns what is to be done then.
func (t *turns) end(k store.Key, u *turn) (next []func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if u.users--; u.users == 0 {
		delete(t.of, k)
	}
	next, u.next = u.next, nil
	return next
}
