package bolt

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// A file is one of bbolt that may go bad while it is in use. Its methods may be called concurrently.
type file struct {
	db     *bbolt.DB
	of     *os.File              // that db has opened
	broken atomic.Pointer[error] // why nothing is written any more
}

// begin begins to read the file as it is now.
func (f *file) begin() (tx *bbolt.Tx, err error) {
	err = guard(func() (err error) {
		tx, err = f.db.Begin(false)
		if errors.Is(err, bbolt.ErrDatabaseNotOpen) {
			return store.ErrClosed
		}
		return err
	})
	return tx, err
}

// read has do read what a transaction shows, and ends that.
func read(tx *bbolt.Tx, do func(pages) error) error {
	defer guard(tx.Rollback)
	return guard(func() error { return do(pagesOf(tx)) })
}

// write changes the file in one transaction. If it isn't what it ought to be it is never written again.
func (f *file) write(do func(p pages, t *totals) error) error {
	if why := f.broken.Load(); why != nil {
		return *why
	}
	var tx *bbolt.Tx
	err := guard(func() (err error) {
		if tx, err = f.db.Begin(true); err != nil {
			return err
		}
		p := pagesOf(tx)
		t, err := p.totals()
		if err != nil {
			return err
		}
		if err := do(p, &t); err != nil {
			return err
		}
		if err := p.setTotals(t); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil && tx != nil {
		guard(tx.Rollback)
	}
	return f.judge(err)
}

// judge notes when an error says that the file is damaged: a transaction may still hold bbolt's lock then, and
// what is written to pages that aren't what they ought to be makes things worse.
func (f *file) judge(err error) error {
	if errors.Is(err, errDamaged) && !errors.Is(err, store.ErrOver) {
		err = fmt.Errorf("%w: %w", store.ErrOver, err)
		f.broken.Store(&err)
	}
	return err
}

// close closes the file. Where a transaction has ended in a fault bbolt may wait for ever for
// its lock: then only the file is closed, so that it can be opened again, and its pages stay mapped.
func (f *file) close() error {
	if f.broken.Load() != nil {
		return shut(f.of)
	}
	return f.db.Close()
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
