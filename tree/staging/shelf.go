package staging

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// A shelf says where in staging those top-level entries are that the disk can't
// have under their own names. Their final names may be others.
type shelf struct {
	used  atomic.Bool
	mu    sync.RWMutex
	names map[int32]string // by index into Tree.tops
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
