package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a store that ends with its process.
type Memory struct {
	now  func() time.Time
	news *News

	mu      sync.Mutex
	closed  bool
	last    uint64 // version
	records map[Key]*kept
	lives   Lives
}

// A kept record of a Memory.
type kept struct {
	version uint64
	head    string
	items   []string
}

// Hints is how many hints wait for who reads them, in the stores of one process.
const Hints = 4096

// NewMemory returns an empty store. now is its clock; nil is time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, news: NewNews(Hints), records: make(map[Key]*kept)}
}

// find returns the record of a key, or nil.
func (m *Memory) find(k Key) *kept {
	r := m.records[k]
	if r == nil || m.lives.Over(k, m.now()) {
		return nil
	}
	return r
}

// Get returns the record of a key.
func (m *Memory) Get(_ context.Context, k Key) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Record{}, ErrClosed
	}
	if r := m.find(k); r != nil {
		return Record{r.version, r.head, len(r.items)}, nil
	}
	return Record{}, nil
}

// Items returns the items of a record from one number on.
func (m *Memory) Items(_ context.Context, k Key, from int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	r := m.find(k)
	if r == nil || from >= len(r.items) {
		return nil, nil
	}
	// What is appended later doesn't show through this.
	return slices.Clip(r.items[max(0, from):]), nil
}

// Commit makes a group of changes.
func (m *Memory) Commit(_ context.Context, group ...Change) ([]uint64, error) {
	if err := Check(group); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	m.bury()
	for i := range group {
		c, r := &group[i], m.find(group[i].Key)
		if r == nil {
			r = &kept{}
		}
		if !c.Fits(r.version, len(r.items) == c.N) {
			return nil, ErrConflict
		}
	}
	versions := make([]uint64, len(group))
	for i := range group {
		versions[i] = m.make(&group[i])
	}
	return versions, nil
}

// make makes a change that fits, and returns the version of what it puts.
func (m *Memory) make(c *Change) (version uint64) {
	switch c.Does {
	case Deletes:
		m.remove(c.Key)
		return 0
	case Appends:
		r := m.records[c.Key]
		r.items = append(r.items, c.Item)
		m.news.Tell(Hint{Key: c.Key, Items: len(r.items)})
		return 0
	}
	r := m.find(c.Key)
	if r == nil {
		r = &kept{}
		m.records[c.Key] = r
	}
	m.last++
	r.version, r.head = m.last, c.Head
	m.lives.Set(c.Key, m.now().Add(c.Life))
	m.news.Tell(Hint{Key: c.Key, Version: r.version})
	return r.version
}

func (m *Memory) remove(k Key) {
	delete(m.records, k)
	m.lives.Drop(k)
	m.news.Tell(Hint{Key: k})
}

// Burials is how many records whose lives are over a change takes along, in the stores of
// one process: more than one, so that there are never more of them than of others.
const Burials = 4

// bury removes records whose lives are over, a few at a time.
func (m *Memory) bury() {
	for _, k := range m.lives.Ended(m.now(), Burials) {
		m.remove(k)
	}
}

// Scan returns keys of a kind.
func (m *Memory) Scan(_ context.Context, kind string, after Key, most int) ([]Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	var keys []Key
	now := m.now()
	for k := range m.records {
		if k.Kind == kind && compare(k, after) > 0 && !m.lives.Over(k, now) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compare)
	return keys[:min(most, len(keys))], nil
}

func compare(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.App, b.App), cmp.Compare(a.Name, b.Name))
}

// Feed tells of changes.
func (m *Memory) Feed() <-chan Hint { return m.news.Feed() }

// Close forgets everything.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.records = true, nil
	m.news.Close()
	return nil
}
