// Package bolt keeps a relay's records in one file, by go.etcd.io/bbolt: a B+tree with
// copy-on-write pages, two modules and a quarter of a megabyte. What is faster weighs
// ten times that; SQLite would be sixteen times as large and not faster where each answer waits for a
// sync.
//
// Three things it doesn't do itself. Changes of many callers are committed at once
// with one sync, by a goroutine of their own: bbolt's Batch waits for others by time, and one
// transaction each is a twentieth as fast. A damaged file kills who opens it, by faults
// that no recover catches or in goroutines that nobody else can guard: so the file
// is read through before, by a goroutine that is prepared (survey.go), and written
// only by the process that made it.
//
// And a transaction of bbolt is two syncs and a dozen pages, for records of which most are gone within seconds. So what is
// committed goes to a log (package journal), with one sync and a page, and into an overlay in memory that shows what the file
// is with it. Now and then the overlay is frozen and written to the file in one transaction, while others go
// on above another one (checkpoint.go):
//
//	Commit  ->  log, sync  ->  active overlay          answered
//	                           frozen overlay  ->  file, and the logs up to there are of no use any more
//	Get     <-  active, then frozen, then file
//
// A meeting takes four fifths of the processor time that way, half of the syncs, and a seventh of the bytes to the
// disk (doc/figures.md). After a kill the next start does again what the logs say; a store that was closed has it all in the file.
package bolt

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	file   file
	layers layers // above the file
	points *checkpointer
	lock   *os.File
	news   *store.News
	queue  chan *change
	stop   chan struct{} // closed by Close
	idle   chan struct{} // closed when the committer has ended
	once   sync.Once
	lives  lives
	counts counts
}

// Stats tells what a store has done since it was opened.
type Stats struct {
	Changes int64         // that were answered without an error
	Commits int64         // of one or more, with a sync each
	Failed  int64         // commits that the disk didn't take
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
func (s *Store) Get(_ context.Context, k store.Key) (store.Record, error) {
	if s.ended() {
		return store.Record{}, store.ErrClosed
	}
	if s.lives.over(k, s.now()) {
		return store.Record{}, nil
	}
	found, tx, err := s.layers.find(k, false, &s.file)
	if err != nil {
		return store.Record{}, err
	}
	var e entry
	if tx != nil {
		err = read(tx, func(p pages) (err error) { e, err = p.entry(k); return err })
	} else {
		e = *found[0]
	}
	if err != nil || !e.there() {
		return store.Record{}, err
	}
	return store.Record{Version: e.head.version, Head: e.head.text, Items: e.count()}, nil
}

// Items returns the items of a record from one number on.
func (s *Store) Items(_ context.Context, k store.Key, from int) (items []string, err error) {
	if s.ended() {
		return nil, store.ErrClosed
	}
	if s.lives.over(k, s.now()) {
		return nil, nil
	}
	found, tx, err := s.layers.find(k, true, &s.file)
	if err != nil {
		return nil, err
	}
	from = max(0, from)
	if tx == nil {
		return gather(found, from, nil)
	}
	err = read(tx, func(p pages) (err error) {
		items, err = gather(found, from, func(from int) ([]string, error) { return p.itemsFrom(keyOf(k), from) })
		return err
	})
	return items, err
}

// Scan returns keys of a kind.
func (s *Store) Scan(_ context.Context, kind string, after store.Key, most int) (keys []store.Key, err error) {
	if s.ended() {
		return nil, store.ErrClosed
	}
	above, tx, err := s.layers.of(kind, &s.file)
	if err != nil {
		return nil, err
	}
	now := s.now()
	for k, there := range above {
		if there && (after == store.Key{} || compareKeys(k, after) > 0) && !s.lives.over(k, now) {
			keys = append(keys, k)
		}
	}
	err = read(tx, func(p pages) error {
		below, err := p.scan(kind, after, most, func(k store.Key) bool {
			_, known := above[k]
			return !known && !s.lives.over(k, now)
		})
		keys = append(keys, below...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(keys, compareKeys)
	return keys[:min(most, len(keys))], nil
}

// ended reports whether the store is closed.
func (s *Store) ended() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Commit makes a group of changes.
func (s *Store) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	if err := store.Check(group); err != nil || len(group) == 0 {
		return nil, err
	}
	c := &change{news: make([]store.Hint, len(group)), done: make(chan struct{})}
	for i := range group {
		c.news[i].Key = group[i].Key
		c.size += len(group[i].Head) + len(group[i].Item)
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

// Close waits for what is being written, and has the file hold all.
func (s *Store) Close() error {
	err := store.ErrClosed
	s.once.Do(func() {
		close(s.stop)
		<-s.idle
		s.points.finish()
		s.news.Close()
		err = errors.Join(s.file.close(), s.lock.Close())
	})
	return err
}
