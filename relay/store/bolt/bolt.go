// Package bolt keeps a relay's records in one file, by go.etcd.io/bbolt: a B+tree with
// copy-on-write pages, two modules and a quarter of a megabyte. What is faster weighs
// ten times that, and this commits three times what a server's WebSockets can ask for;
// SQLite would be sixteen times as large and not faster where each answer waits for a
// sync.
//
// Two things it doesn't do itself. Changes of many callers go into one transaction
// with one sync, by a goroutine of their own: bbolt's Batch waits for others by time, and one
// transaction each is a twentieth as fast. And a damaged file kills who opens it, by faults
// that no recover catches or in goroutines that nobody else can guard: so the file
// is read through before, by a goroutine that is prepared (open.go), and written
// only by the process that made it.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// A Config says how a store behaves. The zero Config is ready to use.
type Config struct {
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Logger receives what an operator has to know. Default: silent.
	Logger *slog.Logger
}

// A Store is a store.Store in a directory that no other process uses. Create it with
// Open.
type Store struct {
	now    func() time.Time
	db     *bbolt.DB
	file   *os.File // of db
	lock   *os.File
	news   *store.News
	queue  chan *change
	stop   chan struct{} // closed by Close
	idle   chan struct{} // closed when the committer has ended
	once   sync.Once
	lives  lives
	broken atomic.Pointer[error] // why nothing is written any more
	counts counts
}

// lives are shared by who writes and who reads.
type lives struct {
	mu sync.RWMutex
	of store.Lives
}

func (l *lives) over(k store.Key, now time.Time) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of.Over(k, now)
}

// ended returns records whose lives are over, so many at most.
func (l *lives) ended(now time.Time, most int) []store.Key {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of.Ended(now, most)
}

// apply notes what a transaction has changed: when records end, or the zero time for
// those that are no more.
func (l *lives) apply(changed map[store.Key]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, at := range changed {
		if at.IsZero() {
			l.of.Drop(k)
		} else {
			l.of.Set(k, at)
		}
	}
}

// Stats tells what a store has done since it was opened.
type Stats struct {
	Changes int64         // that were answered without an error
	Commits int64         // transactions with a sync each
	Failed  int64         // transactions that the disk didn't take
	Took    time.Duration // all commits together
	Reset   bool          // a damaged file was put aside when it was opened
}

type counts struct {
	changes, commits, failed, took atomic.Int64
	reset                          bool
}

// Stats returns what the store has done so far.
func (s *Store) Stats() Stats {
	c := &s.counts
	return Stats{c.changes.Load(), c.commits.Load(), c.failed.Load(), time.Duration(c.took.Load()), c.reset}
}

// Get returns the record of a key.
func (s *Store) Get(_ context.Context, k store.Key) (r store.Record, err error) {
	err = s.read(func(p pages) error {
		if s.lives.over(k, s.now()) {
			return nil
		}
		key := keyOf(k)
		h, err := p.head(key)
		if err == nil && h.version != 0 {
			r = store.Record{Version: h.version, Head: h.text, Items: p.items(key)}
		}
		return err
	})
	return r, err
}

// Items returns the items of a record from one number on.
func (s *Store) Items(_ context.Context, k store.Key, from int) (items []string, err error) {
	err = s.read(func(p pages) (err error) {
		if !s.lives.over(k, s.now()) {
			items, err = p.itemsFrom(keyOf(k), max(0, from))
		}
		return err
	})
	return items, err
}

// Scan returns keys of a kind.
func (s *Store) Scan(_ context.Context, kind string, after store.Key, most int) (keys []store.Key, err error) {
	err = s.read(func(p pages) (err error) {
		keys, err = p.scan(kind, after, most, func(k store.Key) bool { return !s.lives.over(k, s.now()) })
		return err
	})
	return keys, err
}

// read has f read, and makes errors of what a file does that is damaged while it is in
// use.
func (s *Store) read(f func(pages) error) (err error) {
	select {
	case <-s.stop:
		return store.ErrClosed
	default:
	}
	return guard(func() error {
		err := s.db.View(func(tx *bbolt.Tx) error { return f(pagesOf(tx)) })
		if errors.Is(err, bbolt.ErrDatabaseNotOpen) {
			return store.ErrClosed
		}
		return err
	})
}

// guard runs f, which may touch pages that aren't what they ought to be, or aren't there.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}

// Commit makes a group of changes.
func (s *Store) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	if err := store.Check(group); err != nil || len(group) == 0 {
		return nil, err
	}
	c := &change{news: make([]store.Hint, len(group)), done: make(chan struct{})}
	for i := range group {
		c.news[i].Key = group[i].Key
	}
	c.do = func(t *transaction) error { return t.commit(group, c.news) }
	if err := s.change(ctx, c); err != nil {
		return nil, err // c isn't looked at: the transaction may go on after ctx has ended
	}
	versions := make([]uint64, len(group))
	for i := range c.news {
		versions[i] = c.news[i].Version
	}
	return versions, nil
}

// Feed tells of changes.
func (s *Store) Feed() <-chan store.Hint { return s.news.Feed() }

// Close waits for what is being written.
func (s *Store) Close() error {
	err := store.ErrClosed
	s.once.Do(func() {
		close(s.stop)
		<-s.idle
		s.news.Close()
		err = errors.Join(s.closeFile(), s.lock.Close())
	})
	return err
}

// closeFile closes the file. Where a transaction has ended in a fault bbolt may wait for ever for
// its lock: then only the file is closed, so that it can be opened again, and its pages stay mapped.
func (s *Store) closeFile() error {
	if s.broken.Load() != nil {
		return shut(s.file)
	}
	return s.db.Close()
}
