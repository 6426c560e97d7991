package source

// A Memory keeps a value for each of a bounded number of keys; a new one takes
// the place of that which was asked for longest ago. It has no clock and does no
// locking. Every operation takes constant time.
type Memory[K comparable, V any] struct {
	most    int
	entries map[K]*entry[K, V]
	// Entries in a ring, through a head that is none: next is the one that was
	// asked for last, prev the one to forget.
	head entry[K, V]
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	prev, next *entry[K, V]
}

// NewMemory returns one for that many keys.
func NewMemory[K comparable, V any](most int) *Memory[K, V] {
	m := &Memory[K, V]{most: most, entries: make(map[K]*entry[K, V])}
	m.head.prev, m.head.next = &m.head, &m.head
	return m
}

// Peek returns the value of a key, which is the zero value if nothing is known.
func (m *Memory[K, V]) Peek(key K) (v V) {
	if e := m.entries[key]; e != nil {
		v = e.value
	}
	return v
}

// At returns where the value of a key is, which begins as the zero value. The
// pointer is good until the next call.
func (m *Memory[K, V]) At(key K) *V {
	e := m.entries[key]
	switch {
	case e != nil:
		e.unlink()
	case len(m.entries) < m.most:
		e = &entry[K, V]{key: key}
		m.entries[key] = e
	default:
		e = m.head.prev
		e.unlink()
		delete(m.entries, e.key)
		*e = entry[K, V]{key: key}
		m.entries[key] = e
	}
	e.prev, e.next = &m.head, m.head.next
	e.prev.next, e.next.prev = e, e
	return &e.value
}

func (e *entry[K, V]) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
