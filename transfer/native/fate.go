package native

import (
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A fate is what has become so far of a tree that is sent.
type fate struct {
	accepted bool
	posted   bool            // SENT is on its way
	finished bool            // DONE has come
	rejected error           // REJECT has
	names    *manifest.Rules // what NAMES said, nil if it hasn't come
	failing  []failure       // to be told
	failures []transfer.Failure
}

// An ending is a fate that several goroutines share.
type ending struct{ guarded[fate] }

// failing reports whether there are failures to be told.
func (e *ending) failing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.now.failing) > 0
}
