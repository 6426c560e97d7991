package native

import "sync"

// A guarded is what several goroutines know of one thing. The zero value is ready.
type guarded[T any] struct {
	mu  sync.Mutex
	now T
}

// is returns what is known. What it refers to is shared.
func (g *guarded[T]) is() T {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

// change lets f change it. f must return at once.
func (g *guarded[T]) change(f func(*T)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.now)
}
