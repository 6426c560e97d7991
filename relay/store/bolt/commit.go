package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

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
	size int          // of what it changes, in bytes
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

// commitAll is the committer: it takes what waits into one transaction after another, and sees to it that what
// was committed gets into the file.
func (s *Store) commitAll() {
	defer close(s.idle)
	batch := make([]*change, 0, most)
	for {
		clear(batch)
		batch = batch[:0]
		select {
		case c := <-s.queue:
			batch = append(batch, c)
		case err := <-s.points.done:
			s.points.settle(err)
			continue
		case <-s.points.due.C:
			s.points.see()
			continue
		case <-s.stop:
			return
		}
		for range yields {
			runtime.Gosched()
		}
		batch = s.take(batch)
		s.commitWhole(batch)
		s.points.see()
	}
}

// mostBytes is how many bytes the changes of one transaction have before no more are added: what it takes in memory is
// bounded by that and by what a group may have.
const mostBytes = 4 << 20

// take adds to a batch what waits.
func (s *Store) take(batch []*change) []*change {
	size := batch[0].size
	for len(batch) < most && size < mostBytes {
		select {
		case c := <-s.queue:
			batch = append(batch, c)
			size += c.size
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
	if why := s.file.broken.Load(); why != nil {
		return nil, *why
	}
	start := time.Now()
	if err := s.points.room(); err != nil {
		s.counts.failed.Add(1)
		return nil, fmt.Errorf("store: %w", err)
	}
	active, _ := s.layers.now()
	t := begin(s.now(), &s.lives, active.version, s.below)
	err := guard(func() error {
		for _, c := range batch {
			if c.err = c.do(t); c.err != nil && !errors.Is(c.err, store.ErrConflict) {
				bad = c
				return c.err
			}
		}
		if len(t.log) == 0 {
			return errNothing
		}
		return t.bury(len(batch) * store.Burials)
	})
	if err == nil {
		err = s.points.keep(t)
	}
	switch {
	case errors.Is(err, errNothing):
		return nil, nil
	case errors.Is(err, errDamaged):
		err, bad = s.file.judge(err), nil
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

// below returns what there is of a record, for a transaction that hasn't touched it yet.
func (s *Store) below(k store.Key) (e entry, err error) {
	active, _ := s.layers.now()
	if e := active.entries[k]; e != nil {
		return *e, nil
	}
	found, tx, err := s.layers.find(k, false, &s.file)
	if err != nil {
		return e, err
	}
	if tx == nil {
		return found[0].on(), nil
	}
	err = read(tx, func(p pages) (err error) { e, err = p.entry(k); return err })
	return e, err
}

// errNothing says that a transaction has changed nothing.
var errNothing = errors.New("nothing to write")
