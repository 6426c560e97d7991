package staging

import (
	"sync"

	"sesame/tree"
)

// A gate lets many calls in at once, or one alone: a tree is written to, or it is
// put in place and closed.
type gate struct {
	mu sync.RWMutex
	stage
}

// A stage is how far a tree is. Who is alone has it.
type stage struct {
	closed bool
	frozen bool // some of it has its final name
}

// enter lets a call in that writes. If err is nil the caller must call exit.
func (g *gate) enter() error {
	g.mu.RLock()
	if g.closed || g.frozen {
		g.mu.RUnlock()
		return tree.ErrClosed
	}
	return nil
}

func (g *gate) exit() { g.mu.RUnlock() }

// alone waits for who is in, and lets nobody in while do runs.
func (g *gate) alone(do func(*stage) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return do(&g.stage)
}
