package tree

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"math"
	"path"
	"sort"
	"sync"
	"syscall"
	"time"

	"sesame/tree/manifest"
)

// ErrFull is matched by the errors of a Store that has no room for more, or where
// its user may have no more.
var ErrFull = errors.New("there is no room for more")

// MemoryLimit is how many bytes a Memory takes that has no Limit of its own.
const MemoryLimit = 1 << 30

// A Memory is a Store that keeps in memory what it gets: for programs that pass it
// on, for browsers, for tests. The zero value is an empty one. It keeps all names
// apart, takes links, and holes take no room. What of a transfer with an ID has
// arrived stays in it until the next run, as long as the Memory lasts. Its methods
// may be called by several goroutines at once.
type Memory struct {
	// Limit is how many bytes of content it takes. Default MemoryLimit.
	Limit int64

	mu    sync.Mutex
	shelf memoryShelf
}

// A memoryShelf is what a Memory's lock guards.
type memoryShelf struct {
	top  folder
	kept map[ID]map[string]*blob // what transfers left that ended early, by path
	used int64                   // bytes
}

// An Item is one thing that a Memory has. What it refers to must not be changed.
type Item struct {
	Kind    manifest.Kind
	Content Content // of a file
	Size    int64   // the same, in bytes
	Target  string  // of a link
	Exec    bool
	ModTime time.Time

	data   *blob
	inside folder
}

// A folder is the things in a directory, by name.
type folder map[string]*Item

var _ Store = (*Memory)(nil)

// All yields what has its final name, with its path, in the order of the paths.
func (s *Memory) All() iter.Seq2[string, *Item] {
	return func(yield func(string, *Item) bool) {
		s.mu.Lock()
		var paths []string
		items := make(map[string]*Item)
		s.shelf.top.each("", func(at string, it *Item) {
			paths = append(paths, at)
			items[at] = it
		})
		s.mu.Unlock()
		sort.Sort(sort.StringSlice(paths))
		for _, at := range paths {
			if !yield(at, items[at]) {
				return
			}
		}
	}
}

func (d folder) each(at string, do func(string, *Item)) {
	for name, it := range d {
		do(path.Join(at, name), it)
		it.inside.each(path.Join(at, name), do)
	}
}

// Begin is Store's. A manifest whose files have no room is refused when they come.
func (s *Memory) Begin(ctx context.Context, m *manifest.Manifest, o *Options) (Writer, error) {
	shape, err := NewShape(ctx, m)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(Options)
	}
	w := newMemoryWriter(s, shape, *o)
	if o.ID == (ID{}) || o.Fresh {
		return w, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.adopt(s.shelf.kept[o.ID])
	delete(s.shelf.kept, o.ID)
	return w, nil
}

// Fits is Store's.
func (s *Memory) Fits(_ context.Context, m *manifest.Manifest, o *Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := s.limit() - s.shelf.used
	if o != nil && !o.Fresh {
		for _, b := range s.shelf.kept[o.ID] {
			room += b.taken()
		}
	}
	if need := m.Total() - m.Holes; need > room {
		e := noRoom(OpReceiving, "", room)
		e.Need = uint64(need)
		return e
	}
	return nil
}

// Names says that every name can be had.
func (s *Memory) Names() manifest.Rules { return manifest.Rules{} }

// Free is Store's.
func (s *Memory) Free() (Space, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Space{Bytes: uint64(max(s.limit()-s.shelf.used, 0)), Files: math.MaxUint64}, true
}

// Look is Store's.
func (s *Memory) Look(name string) (Found, error) {
	if err := CheckFinal(name); err != nil {
		return Found{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it, err := s.shelf.top.look(name)
	if err != nil {
		return Found{}, err
	}
	return Found{Dir: it.Kind == manifest.Dir}, nil
}

func (d folder) look(name string) (*Item, error) {
	if it := d[name]; it != nil {
		return it, nil
	}
	return nil, &fs.PathError{Op: "look", Path: name, Err: fs.ErrNotExist}
}

// free returns name with the first number that nothing in d has.
func (d folder) free(name string) string {
	return FreeName(name, func(name string) error {
		_, err := d.look(name)
		return err
	})
}

func (s *Memory) limit() int64 {
	if s.Limit > 0 {
		return s.Limit
	}
	return MemoryLimit
}

// write puts p into b, if there is room.
func (s *Memory) write(path string, b *blob, p []byte, off int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := s.limit() - s.shelf.used
	taken, ok := b.write(p, off, room)
	if !ok {
		return noRoom(OpWriting, path, room)
	}
	s.shelf.used += taken
	return nil
}

// noRoom is what a full Memory says.
func noRoom(op Op, path string, room int64) *DiskError {
	return &DiskError{Op: op, Path: path, Free: uint64(max(room, 0)), Lacks: LackBytes, Err: syscall.ENOSPC, Discarded: true}
}

// freed notes that so many bytes aren't taken any more.
func (s *Memory) freed(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf.used -= n
}

// keep has the next run of the transfer go on with what is there.
func (s *Memory) keep(id ID, data map[string]*blob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shelf.kept == nil {
		s.shelf.kept = make(map[ID]map[string]*blob)
	}
	for _, b := range s.shelf.kept[id] { // that of a run at the same time
		s.shelf.used -= b.taken()
	}
	s.shelf.kept[id] = maps.Clone(data)
}

// Spool is Store's.
func (s *Memory) Spool() (Spool, error) { return &memorySpool{store: s, blob: new(blob)}, nil }

// A memorySpool is a Spool of a Memory.
type memorySpool struct {
	store *Memory
	*blob
}

func (s *memorySpool) Write(p []byte) (int, error) {
	if err := s.store.write("", s.blob, p, s.size); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *memorySpool) Discard() { s.store.freed(s.cut(0)) }
