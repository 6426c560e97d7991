// Package store is where a relay keeps what has to outlive its process, or has to be
// seen by several: records that are found by a key. A record is a small head, which is
// replaced only by who knows its version, and items, which are only appended.
//
// There are no operations on two records. What spans several is ordered by its users
// so that they can repair it when they read, and no engine needs transactions.
//
//	caller                                   store
//	Get                              ->
//	                                 <-      version, head, number of items; may be old
//	Put with the version             ->
//	                                 <-      the new version, or ErrConflict: read again
//	                                         Feed: to everybody, "that record is another one"
//
// What Put, Append and Delete return nil for stays, whatever becomes of the process.
package store

import (
	"context"
	"errors"
	"time"
)

// A Key names a record. Kind has 1 to 16 bytes, the other two have at most 256.
type Key struct{ Kind, App, Name string }

// A Record is what a store says of a key.
type Record struct {
	// Version is larger after each Put, even when the record was deleted between. 0: there is no
	// record.
	Version uint64
	// Head is what Put was last given.
	Head string
	// Items is how many there are.
	Items int
}

// Bounds on what a store is given.
const (
	MaxHead = 4 << 10 // bytes
	MaxItem = 1 << 20
)

// A Store keeps records. All methods may be called concurrently. Errors other than
// those below mean that the store can't do it now; a change may have been made then, or not.
type Store interface {
	// Get returns the record of a key. It may be one that is no more: only a change
	// tells.
	Get(ctx context.Context, k Key) (Record, error)
	// Items returns the items of a record from one number on, in their order. There
	// are none if there is no record.
	Items(ctx context.Context, k Key, from int) ([]string, error)
	// Put makes a record, if was is 0, or replaces its head; it is ErrConflict if the
	// version isn't was. The record is gone when life has passed without another Put.
	Put(ctx context.Context, k Key, was uint64, head string, life time.Duration) (version uint64, err error)
	// Append adds item number n to a record. It is ErrConflict if that isn't the next one, or if
	// there is no record.
	Append(ctx context.Context, k Key, n int, item string) error
	// Delete removes a record with its items; it is ErrConflict if the version isn't was.
	Delete(ctx context.Context, k Key, was uint64) error
	// Scan returns keys of a kind, in an order of the store's own, those after one key: the zero
	// Key for all. It returns at most so many; if it returns none there are no more.
	Scan(ctx context.Context, kind string, after Key, most int) ([]Key, error)
	// Feed tells of changes, of this process's own too: those before the change
	// returns. There is one feed, for one reader. It is closed by Close.
	Feed() <-chan Hint
	// Close ends the store. What has been answered stays.
	Close() error
}

// A Hint says that something about a record is new. Hints may come twice, late and in
// another order. The zero Hint says that some were lost: everything may be new.
type Hint struct {
	Key Key
	// Version is that of the head after the change, and Items how many there are. Either is 0
	// where it isn't said: then it may be another one.
	Version uint64
	Items   int
}

// What changes fail with; errors.Is finds them.
var (
	ErrConflict = errors.New("store: the record is another one")
	ErrClosed   = errors.New("store: it is closed")
	ErrTooLarge = errors.New("store: a key, a head or an item is too large")
	ErrOver     = errors.New("store: nothing can be written any more") // before it is opened again
)

// Check reports, as ErrTooLarge, what no store has to take.
func Check(k Key, head, item string) error {
	if k.Kind == "" || len(k.Kind) > 16 || len(k.App) > 256 || len(k.Name) > 256 || len(head) > MaxHead || len(item) > MaxItem {
		return ErrTooLarge
	}
	return nil
}
