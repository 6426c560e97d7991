package native

import (
	"sesame/transfer"
)

// haveItem is a file whose hashes the sender has been told.
type haveItem struct {
	index, groups int
	whole         bool // one hash of everything
}

// size returns how many bytes of hashes that is.
func (h haveItem) size() int { return h.groups * hashSize }

// received is what a receiver knows of what comes.
type received struct {
	listed   bool
	total    int64      // bytes in the list
	stream   bool       // some file in it has no size
	asked    []haveItem // hashes that weren't answered, in their order
	pending  int        // bytes of them
	sent     bool       // SENT has come
	resumed  int64
	failures []transfer.Failure
}

// A tally is that, for several goroutines.
type tally struct{ guarded[received] }

// asks notes hashes that the sender is about to be told.
func (t *tally) asks(items []haveItem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.asked = append(t.now.asked, items...)
	for _, item := range items {
		t.now.pending += item.size()
	}
}

// answered returns the hashes whose answer has come.
func (t *tally) answered() (item haveItem, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok = len(t.now.asked) > 0; ok {
		item, t.now.asked = t.now.asked[0], t.now.asked[1:]
		t.now.pending -= item.size()
	}
	return item, ok
}
