package staging

import (
	"fmt"
	"sync"
	"sync/atomic"

	"sesame/tree"
)

// A naming says under which name each top-level entry is found: in staging, where the
// disk may not have its own, or in place once it has its final one. Its methods may
// be called by several goroutines at once.
type naming struct {
	shape *tree.Shape
	area  *area
	shelf shelf

	some   atomic.Bool // some of them is in place
	mu     sync.RWMutex
	finals []string // by top-level name, "" while it is in staging
}

func newNaming(s *tree.Shape, p *area) *naming {
	return &naming{shape: s, area: p, finals: make([]string, len(s.Roots))}
}

// placed returns the final name of the k-th top-level name if it is in place, else "".
func (n *naming) placed(k int32) string {
	if !n.some.Load() {
		return ""
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.finals[k]
}

// staged returns the name in staging of the k-th.
func (n *naming) staged(k int32) string { return n.shelf.name(k, n.shape.Root(k).Path) }

// where returns the directory that the k-th is in, and its name there.
func (n *naming) where(k int32) (*folder, string) {
	if final := n.placed(k); final != "" {
		return n.area.dir, final
	}
	return n.area.tree, n.staged(k)
}

// settle notes that the k-th is in place.
func (n *naming) settle(k int32, final string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.finals[k] = final
	n.some.Store(true)
}

// reset forgets what is in place.
func (n *naming) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.finals)
	n.some.Store(false)
}

// unplace takes a top-level name that an earlier run put in place back into
// staging, because something of it is about to change.
func (n *naming) unplace(k int32) error {
	if n.placed(k) == "" {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.finals[k] == "" {
		return nil
	}
	name := n.staged(k)
	if err := removeAll(n.area.tree, name); err != nil {
		return err
	}
	if err := n.area.dir.renameNew(n.finals[k], n.area.tree, name); err != nil {
		return err
	}
	n.finals[k] = ""
	return nil
}

// find returns the final name of the top-level name if it is in place.
func (n *naming) find(name string) (final string, ok bool) {
	if !n.some.Load() {
		return "", false
	}
	for k := range n.shape.Roots {
		if n.shape.Root(int32(k)).Path == name {
			final = n.placed(int32(k))
			return final, final != ""
		}
	}
	return "", false
}

// A shelf says where in staging those top-level entries are that the disk can't
// have under their own names. Their final names may be others.
type shelf struct {
	used  atomic.Bool
	mu    sync.RWMutex
	names map[int32]string // by top-level name
}

// name returns the name in staging of the k-th top-level entry, whose own name is
// own.
func (s *shelf) name(k int32, own string) string {
	if !s.used.Load() {
		return own
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if name, ok := s.names[k]; ok {
		return name
	}
	return own
}

// move gives the k-th another name, and reports whether that is news.
func (s *shelf) move(k int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.names[k]; ok {
		return false
	}
	if s.names == nil {
		s.names = make(map[int32]string)
	}
	s.names[k] = fmt.Sprintf(".top.%d.%s", k, randomName()) // which no name in a manifest happens to be
	s.used.Store(true)
	return true
}
