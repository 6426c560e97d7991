// Package tree is what crosses and where it lies: a sender reads a list's
// content from a Source, and a receiver writes it to a Store, where it gets its
// final names in one step, once all of it is there. A protocol knows these walls
// and not what is behind them: a disk (package staging), memory (Memory), or what
// a browser offers.
//
// The list itself is package manifest. Nothing here opens a connection.
package tree

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"

	"sesame/tree/manifest"
)

// A Store is a place where trees may be written, such as a directory. Its methods
// may be called by several goroutines at once. Who made it closes it, if it needs
// to be closed.
type Store interface {
	// Begin makes room for the tree m. Of an earlier run of the same transfer it
	// goes on with what is there, unless o says otherwise. Nothing has a final name
	// before Writer.Place.
	//
	// m must be complete and stay unchanged; its paths are unique, and directories
	// stand before what they hold. A path or a kind that must never be made, or more
	// than a tree may have, is an error that wraps ErrRange; names that the store
	// can't keep apart are a *TwinsError. Soon after ctx has ended it returns ctx's
	// error. The caller must call Writer.Close. A nil o stands for its zero value.
	Begin(ctx context.Context, m *manifest.Manifest, o *Options) (Writer, error)
	// Fits returns an error if what m lists has no room, as far as can be told
	// before it is begun with the same options.
	Fits(ctx context.Context, m *manifest.Manifest, o *Options) error
	// Names says which names the store can have, as far as can be found out before
	// anything is written.
	Names() manifest.Rules
	// Free returns what can still be written; ok is false if that isn't known.
	Free() (space Space, ok bool)
	// Look says what has the final name, which is one path element. The error wraps
	// fs.ErrNotExist if nothing has it; another one says that the name can't be had,
	// or not be looked for.
	Look(name string) (Found, error)
	// Spool makes room for bytes that are of no use before all of them are there, such
	// as an archive.
	Spool() (Spool, error)
}

// A Spool keeps bytes in the order in which they are written, until it is discarded.
// Nobody finds it under a name that stays. It is used by one goroutine at a time.
type Spool interface {
	io.Writer
	io.ReaderAt
	// Discard removes it. It may be called again.
	Discard()
}

// Options says how a Writer works. The zero value is ready to use.
type Options struct {
	// ID is that of the transfer: what an earlier run of the same one left is gone on
	// with. Default none: nothing is, and Close leaves nothing.
	ID ID
	// Fresh leaves what an earlier run left alone and begins anew. Default false.
	Fresh bool
	// Discard lets Close remove what has arrived, for what no later run could
	// go on with. Default false: it stays.
	Discard bool
	// Losses gets what the store can't take. Default nil: nobody hears of it.
	Losses *Losses
	// Logger gets what was adopted, left or cleaned up. Default nil: silent.
	Logger *slog.Logger
}

// Space is what can still be written: bytes, and files or directories. A number
// that has no limit, or isn't known, is math.MaxUint64.
type Space struct{ Bytes, Files uint64 }

// Found is what has a final name already.
type Found struct {
	Dir   bool  // a directory; a link to one isn't
	Fixed error // why it can't be replaced: ErrMounted, ErrReadOnly, ErrInUse, or nil
}

// An ID tells one transfer from all others: it is random, both sides keep it, and a
// later run of the same transfer has it again. The zero ID is none.
type ID [16]byte

// NewID returns a random ID.
func NewID() (id ID) {
	rand.Read(id[:])
	return id
}

// A Writer is one tree of a Store while it arrives, in pieces, in any order and
// several at once. Entries are counted as in the manifest. Its methods may be
// called from several goroutines at once; Place and Close wait for the others. The
// caller must call Close, after Place too; Writer's other methods then return
// ErrClosed.
//
// An error wraps ErrRange where the manifest has no such entry or range, so that
// whoever sends it breaks the protocol; any other is the store's own, and ends the
// transfer. What the store can't have of one entry alone is no error but a Loss.
type Writer interface {
	// WriteAt writes p at offset off of file i. Ranges may come in any order,
	// overlap and repeat: each byte counts once. The call that brings the last one
	// finishes the file. Data for an entry that is finished or has failed is
	// dropped. p isn't kept.
	WriteAt(i int, off int64, p []byte) error
	// WriteFile writes all of file i at once: the quick way for small files. p
	// must have the entry's size, any if the entry has none, and isn't kept. For a
	// file that is finished or has failed it does nothing.
	WriteFile(i int, p []byte) error
	// Hole says that n bytes at off of file i are zeros. They count as written.
	Hole(i int, off, n int64) error
	// EndStream says that file i, whose entry has no size, ends at size.
	EndStream(i int, size int64) error
	// Fail says that file i won't come. What there is of it is removed, even if it
	// was finished, and the rest goes on. The first reason counts.
	Fail(i int, why manifest.Reason) error
	// Failed returns the reason that Fail gave for entry i, or why it is a Loss, if
	// it has failed.
	Failed(i int) (why manifest.Reason, failed bool)

	// Resumable returns how many bytes from the beginning of file i are there from
	// an earlier run and may be compared: whole groups, or the whole file.
	Resumable(i int) int64
	// Hashes returns what the sender needs to say which groups of file i are equal
	// to its own: the size of a group, which is GroupSize's, and Sums of what is
	// Resumable under key, which has 32 bytes. A file that can't be read has no
	// hashes. Writing to the file at the same time makes the hashes useless.
	Hashes(ctx context.Context, i int, key []byte) (group int64, sums []byte, err error)
	// Keep says that the sender found a group of file i equal to its own. It counts
	// as written. The error wraps ErrRange if no hash of it was to be had.
	Keep(i int, group int) error
	// Standing looks for what has its final name under plan already, marks what the
	// plan skips as something that won't come, and keeps in mind what may be equal.
	// Nothing may have been written, and it is called once or never. The plan for
	// Place is then Standing.Plan. Errors are ctx's.
	Standing(ctx context.Context, plan Plan) (Standing, error)
	// Settle returns plan with the decision about each Target.Same that is about a
	// directory, for who hasn't called Standing, because all had to come before
	// anybody knew what it is. Errors are ctx's.
	Settle(ctx context.Context, plan Plan) (Plan, error)

	// Written returns the bytes that have arrived, were kept, or are holes. Bytes
	// of an entry that failed are taken off again.
	Written() int64
	// Complete reports whether every file has arrived or failed, so that Place
	// can be called. What a call has returned for counts, whatever other calls that
	// bring the same are still at; it may wait for those.
	Complete() bool
	// Place gives every top-level name its final one; when it returns nil, they stay
	// whatever happens, and the Writer is closed. Before that nothing has one.
	//
	// A final name that is taken where the plan refuses gives an *ExistsError, if it
	// can be helped before anything was placed. After this or any other error Place
	// can be called again, with another plan; what it returned stays placed, and once
	// that is something, no data is taken any more. A top-level file that failed
	// isn't placed; a failed file below one is left out. It returns ErrIncomplete
	// while data is missing.
	Place(ctx context.Context, plan Plan) ([]Placed, error)
	// Close ends the work. What has arrived stays for the next run of the transfer,
	// unless that is nothing or Options.Discard is set; after Place there is nothing
	// left to stay. It may be called again.
	Close() error
}

// Standing is what of a tree has its final name already, whoever put it there. What
// is equal needs to cross no more, and what the plan skips needn't at all. Its
// methods may be called from several goroutines at once, before Place. A Store that
// never looks returns Nothing.
//
// Source: doc/native.md §7.9.
type Standing interface {
	// Plan is the plan for Place.
	Plan() Plan
	// Whole returns the entries that Sum may be asked about, in their order.
	Whole() []int
	// Unwanted returns the entries that the plan skips, in their order. Nothing that
	// comes of them is written.
	Unwanted() []int
	// Sum returns SumWhole of the file that stands in the place of entry i: SumSize
	// zero bytes if it can't be read. Errors are ctx's.
	Sum(ctx context.Context, i int, key []byte) ([]byte, error)
	// Keep says that the sender found the whole of entry i equal to its own. It counts
	// as written. The error wraps ErrRange if there was no Sum to be had of it.
	Keep(i int) error
	// Covers reports whether nothing of entry i is written because it was kept where
	// it stands, or because the plan skips it.
	Covers(i int) (kept, skipped bool)
	// Lost returns, after Place, the entries that were kept and had changed before
	// they could be relied on, and so have failed for manifest.CauseStoodHere.
	Lost() []int
}
