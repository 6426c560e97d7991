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
		t.mu.Lock()
		defer t.mu.Unlock()
		if u.users--; u.users == 0 {
			delete(t.of, k)
		}
	}
}
