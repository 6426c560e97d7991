package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// most is how many changes go into one transaction.
const most = 512

// yields is how often others go first before a transaction takes what waits: who was just answered may
// have more to say already, or another one who was told of it, and needn't wait for a sync more. Nobody waits
// for somebody who isn't ready.
const yields = 3

// A change, of one record or of several, waits for its transaction.
type change struct {
	do   func(*transaction) error
	news []store.Hint // the keys, and once it is done what there is to tell
	err  error        // once done is closed
	done chan struct{}
}

// change has the committer do something and waits until it is on the disk.
func (s *Store) change(ctx context.Context, c *change) error {
	select {
	case s.queue <- c:
	case <-s.stop:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
		return c.err
	case <-s.idle: // it may have been the last one, or have come too late
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
		return c.err
	default:
		return store.ErrClosed
	}
}

// commitAll is the committer: it takes what waits into one transaction after another.
func (s *Store) commitAll() {
	defer close(s.idle)
	batch := make([]*change, 0, most)
	for {
		clear(batch)
		batch = batch[:0]
		select {
		case c := <-s.queue:
			batch = append(batch, c)
		case <-s.stop:
			return
		}
		for range yields {
			runtime.Gosched()
		}
		batch = s.take(batch)
		s.commitWhole(batch)
	}
}

// take adds to a batch what waits.
func (s *Store) take(batch []*change) []*change {
	for len(batch) < most {
		select {
		case c := <-s.queue:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// commitWhole commits a batch and answers it. A change that can't be done, for whatever reason
// that isn't one of the disk, fails alone: the others are done without it.
func (s *Store) commitWhole(batch []*change) {
	for len(batch) > 0 {
		bad, err := s.commit(batch)
		if bad == nil {
			s.answer(batch, err)
			return
		}
		s.answer([]*change{bad}, err)
		batch = slices.DeleteFunc(batch, func(c *change) bool { return c == bad })
	}
}

// answer ends the changes of a transaction, which failed as a whole if err isn't nil.
func (s *Store) answer(batch []*change, err error) {
	for _, c := range batch {
		switch {
		case err != nil:
			c.err = err
			for i := range c.news {
				s.news.Tell(store.Hint{Key: c.news[i].Key}) // the disk may have taken it all the same
			}
		case c.err == nil:
			s.counts.changes.Add(int64(len(c.news)))
			for _, h := range c.news {
				s.news.Tell(h)
			}
		}
		close(c.done)
	}
}

// commit does the changes of a batch in one transaction. Those that don't fit what is
// there have an error of their own, and change nothing. If one of them can't be done it is
// returned, and nothing has been changed.
func (s *Store) commit(batch []*change) (bad *change, _ error) {
	if why := s.broken.Load(); why != nil {
		return nil, *why
	}
	start := time.Now()
	t := &transaction{now: s.now(), lives: &s.lives, changed: make(map[store.Key]time.Time)}
	err := guard(func() (err error) {
		if t.tx, err = s.db.Begin(true); err != nil {
			return err
		}
		t.pages = pagesOf(t.tx)
		if t.totals, err = t.pages.totals(); err != nil {
			return err
		}
		for _, c := range batch {
			if c.err = c.do(t); c.err != nil && !errors.Is(c.err, store.ErrConflict) {
				bad = c
				return c.err
			}
		}
		if len(t.changed) == 0 && !t.wrote {
			return errNothing
		}
		if err := t.bury(len(batch) * store.Burials); err != nil {
			return err
		}
		if err := t.pages.setTotals(t.totals); err != nil {
			return err
		}
		return t.tx.Commit()
	})
	if err != nil {
		guard(func() error { return t.rollback() })
	}
	switch {
	case errors.Is(err, errNothing):
		return nil, nil
	case errors.Is(err, errDamaged):
		// The transaction may still hold bbolt's lock, and what is written to pages that aren't what
		// they ought to be makes things worse.
		err = fmt.Errorf("%w: %w", store.ErrOver, err)
		s.broken.Store(&err)
		bad = nil
		fallthrough
	case err != nil:
		s.counts.failed.Add(1)
		return bad, fmt.Errorf("store: %w", err)
	}
	s.counts.commits.Add(1)
	s.counts.took.Add(int64(time.Since(start)))
	s.lives.apply(t.changed)
	for _, k := range t.buried {
		s.news.Tell(store.Hint{Key: k})
	}
	return nil, nil
}

// errNothing says that a transaction has changed nothing.
var errNothing = errors.New("nothing to write")

// A transaction is what is done to the file at once.
type transaction struct {
	tx      *bbolt.Tx
	pages   pages
	totals  totals
	now     time.Time
	lives   *lives
	changed map[store.Key]time.Time // when records end now; zero: they are no more
	buried  []store.Key
	wrote   bool // an item
}

func (t *transaction) rollback() error {
	if t.tx == nil {
		return nil
	}
	return t.tx.Rollback()
}
