package session

import (
	"context"
	"sync"
)

// A desk is the state that a session's goroutines share. Its lock gives it out, and
// nobody keeps it: so no method of the state takes a lock, or is called without it.
type desk struct {
	mu   sync.Mutex
	turn *sync.Cond
	st   state
}

func newDesk() *desk {
	d := new(desk)
	d.turn = sync.NewCond(&d.mu)
	return d
}

// with lets f have the state. It must return at once.
func (d *desk) with(f func(*state)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.st)
	d.tell()
}

// tell wakes who waits in until, if there is news.
func (d *desk) tell() {
	if d.st.stirred {
		d.st.stirred = false
		d.turn.Broadcast()
	}
}

// until lets f have the state whenever there is news, until it reports true or ctx
// ends, whose cause is the error.
func (d *desk) until(ctx context.Context, f func(*state) bool) error {
	defer context.AfterFunc(ctx, func() { d.with(func(st *state) { st.stirred = true }) })()
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		done := f(&d.st)
		d.tell()
		if done {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d.turn.Wait()
	}
}
