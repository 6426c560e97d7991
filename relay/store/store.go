// Package store is where a relay keeps what has to outlive its process, or has to be
// seen by several: records that are found by a key. A record is a small head, which is
// replaced only by who knows its version, and items, which are only appended.
//
// Changes that belong together, of a few records, are committed as one group: all of them or
// none, and none if one of the records is another one by now.
//
//	caller                                   store
//	Get                              ->
//	                                 <-      version, head, number of items; may be old
//	Commit changes with the versions ->
//	                                 <-      the new versions, or ErrConflict: read again
//	                                         Feed: to everybody, "that record is another one"
//
// What Commit returns nil for stays, whatever becomes of the process. A group is small, is known as a whole
// before it begins, and compares single records only: so engines that relays share can do it too,
// etcd and PostgreSQL in a transaction, Redis in a script, NATS in an atomic batch.
package store

import (
	"context"
	"errors"
)

// A Key names a record. Kind has 1 to 16 bytes, the other two have at most 256.
type Key struct{ Kind, App, Name string }

// A Record is what a store says of a key.
type Record struct {
	// Version is larger after each Put, even when the record was deleted between. 0: there is no
	// record.
	Version uint64
	// Head is what was last put.
	Head string
	// Items is how many there are.
	Items int
}

// Bounds on what a store is given.
const (
	MaxHead  = 4 << 10 // bytes
	MaxItem  = 1 << 20
	MaxGroup = 32 // changes
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
	// Commit makes all of a group of changes, or none: nobody ever sees some of them, nor are some left of
	// a process that was killed. It is ErrConflict, of which change isn't said, if one of the records isn't
	// what its change says. It returns the versions of the records that it puts, and 0 for other changes.
	// Nothing is changed by no changes.
	Commit(ctx context.Context, group ...Change) (versions []uint64, err error)
	// Scan returns keys of a kind, in an order of the store's own, those after one key: the zero
	// Key for all. It returns at most so many; if it returns none there are no more.
	Scan(ctx context.Context, kind string, after Key, most int) ([]Key, error)
	// Feed tells of changes, of this process's own too: those before Commit returns, each by a hint of
	// its own, when all of the group are made. There is one feed, for one reader. It is closed by Close.
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
	ErrTooLarge = errors.New("store: a key, a head, an item or a group is too large")
	ErrOver     = errors.New("store: nothing can be written any more") // before it is opened again
)
