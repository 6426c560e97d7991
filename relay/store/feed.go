package store

import "sync"

// News is a feed for stores of one process. Telling never waits: what a slow reader has
// no room for is lost, and the last that he then reads says so, without another change.
// Its methods may be called concurrently.
type News struct {
	mu     sync.Mutex
	hints  chan Hint // with room for one more than there may be, for word that some were lost
	closed bool
}

// NewNews returns a feed in which so many hints have room.
func NewNews(room int) *News { return &News{hints: make(chan Hint, room+1)} }

// Feed returns the end to read from.
func (n *News) Feed() <-chan Hint { return n.hints }

// Tell passes on that a record has changed.
func (n *News) Tell(h Hint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch waiting := len(n.hints); { // nobody else sends
	case n.closed:
	case waiting < cap(n.hints)-1:
		n.hints <- h
	case waiting == cap(n.hints)-1:
		n.hints <- Hint{}
	}
	// Otherwise the last that waits says already that some were lost.
}

// Close closes the feed.
func (n *News) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.closed = true
		close(n.hints)
	}
}
