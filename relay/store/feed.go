package store

import "sync"

// News is a feed for stores of one process. Telling never waits: what a slow reader has
// no room for is lost, and it is told so. Its methods may be called concurrently.
type News struct {
	mu     sync.Mutex
	hints  chan Hint
	lost   bool
	closed bool
}

// NewNews returns a feed in which so many hints have room.
func NewNews(room int) *News { return &News{hints: make(chan Hint, room)} }

// Feed returns the end to read from.
func (n *News) Feed() <-chan Hint { return n.hints }

// Tell says that a record has changed.
func (n *News) Tell(k Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	h := Hint{k}
	if n.lost { // this one as well is covered by the word that some were
		h = Hint{}
	}
	select {
	case n.hints <- h:
		n.lost = false
	default:
		n.lost = true
	}
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
