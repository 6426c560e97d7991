// Package staging writes a tree that arrives in pieces, in any order and
// several at once, so that nothing appears under its final name before it is
// whole, and an interrupted one can go on.
//
// Everything is written below a hidden directory beside the target, in the
// tree's own shape, and put in place by renaming:
//
//	DIR/.holiday.k3v7….sesame/     mode 0700, name unguessable
//	    lock                       held while a receiver works here
//	    tree/holiday/…             what has arrived
//	    placing                    which names are about to be final
//	DIR/holiday                    appears when all of it is there
//
// A run that ends early leaves the directory, and the next one for the same
// first name adopts it. Nothing that lies there is believed: the sender gets
// keyed hashes of it and says which groups are equal (Hashes, Match, Keep). So
// a changed source or an edited partial costs bytes, never correctness.
//
// No method follows a symbolic link at or below the directory it was given,
// opens anything but regular files it made itself, or sets a mode bit beyond
// read, write and execute.
//
// Source: doc/native.md §7.
package staging

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"sesame/internal/descriptors"
	"sesame/tree/manifest"
)

// Options says how a Tree works. The zero value is ready to use.
type Options struct {
	// ID is that of the transfer: what an earlier run of the same one left is gone on
	// with. Default none: nothing is, and Close leaves nothing.
	ID ID
	// Marks knows the staging directories that are this user's own work. Default
	// nil: none is known again, as without an ID.
	Marks Marks
	// Left is told what stays: in Open what isn't gone on with, in Close what this
	// run leaves. Default nil.
	Left func(Leftover)
	// Fresh leaves what an earlier run left alone and begins anew. Default false.
	Fresh bool
	// Discard lets Close remove what has arrived, for what no later run could
	// go on with. Default false: it stays.
	Discard bool
	// NoSync lets Place return before the data is known to survive a power
	// loss. Default false.
	NoSync bool
	// OpenFiles bounds the files that are open at once; others are closed and
	// opened again when they are needed. Default 64, fewer
	// where the process may have few.
	OpenFiles int
	// Losses gets what the disk can't take. Default nil: nobody hears of it.
	Losses *Losses
	// Logger gets what was adopted, left or cleaned up. Default nil: silent.
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.OpenFiles <= 0 {
		c.OpenFiles = descriptors.Share(64)
	}
	if c.Losses == nil {
		c.Losses = new(Losses)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// maxSpans bounds the separate written ranges of one file, and of all files
// together: a sender that writes every other byte gets an error, not memory.
const (
	maxSpansFile = 1 << 17
	maxSpansTree = 1 << 20
)

// A Tree is a manifest's tree while it arrives. Its methods may be called
// from several goroutines at once; Place and Close wait for the others. The
// caller must call Close, after Place too.
type Tree struct {
	m    *manifest.Manifest
	opts Options

	dir, root, tree *folder // the target, the staging directory, its tree
	name            string  // of the staging directory
	claim           claim   // what is in its marker
	lock            *os.File
	traits          traits // of the disk that these are on
	losses          *Losses
	shelf           shelf
	umask           uint32 // without the owner's bits
	keepOwner       bool   // the process's umask has some of the owner's bits

	opening context.Context // of OpenContext, until it returns

	life   sync.RWMutex // read: one call; write: Place, Close
	closed bool
	frozen bool // Place has begun to rename

	entries []entry
	disk    []int64 // bytes found on disk, by entry; nil if nothing was adopted
	shards  [64]sync.Mutex

	standing *Standing // nil if nobody has looked

	tops    []top
	topMu   sync.RWMutex
	inPlace atomic.Bool // some top was found in place

	folders folderCache
	openMu  sync.Mutex
	open    []*file // files with a descriptor
	tick    atomic.Uint64

	written atomic.Int64 // bytes
	pending atomic.Int64 // files neither finished nor failed
	guard   streamGuard
	spans   atomic.Int64 // ranges remembered by files in flight
	touched atomic.Bool  // the tree holds data worth keeping

	rareMu sync.Mutex
	failed map[int]string // reasons
	ended  map[int]int64  // sizes of finished streams
}

// An entry is what is remembered of one manifest entry. Its shard's lock
// guards it.
type entry struct {
	parent int32 // the directory's index, -1 for a top-level name
	top    int32 // index into tops
	state  state
	exists bool  // something of it is on disk
	wanted bool  // what is on disk has the right size, mode and time
	file   *file // while in flight
}

type state uint8

const (
	waiting state = iota
	flying        // has a file
	done
	failed
)

// A top is one top-level name.
type top struct {
	index  int32  // its entry
	placed string // its final name, once it has it
}

func (t *Tree) shard(i int) *sync.Mutex { return &t.shards[i%len(t.shards)] }

// Written returns the bytes that have arrived, were kept, or are holes. Bytes
// of an entry that failed are taken off again.
func (t *Tree) Written() int64 { return t.written.Load() }

// Complete reports whether every file has arrived or failed, so that Place
// can be called.
func (t *Tree) Complete() bool { return t.pending.Load() == 0 }

// Close ends the work. What has arrived stays for the next run, unless that is
// nothing or Options.Discard is set; after Place there is nothing left to stay.
// It may be called again.
func (t *Tree) Close() error {
	t.life.Lock()
	defer t.life.Unlock()
	if t.closed {
		return nil
	}
	return t.shutDown(t.opts.Discard || !t.touched.Load())
}

// shutDown gives everything back. life is held for writing.
func (t *Tree) shutDown(remove bool) error {
	t.closed = true
	err := t.closeFiles()
	t.folders.close()
	if t.standing != nil {
		t.standing.folders.close()
	}
	if remove {
		t.removeStaging()
	} else if t.root != nil && t.opts.Left != nil {
		t.opts.Left(Leftover{t.name, Kept})
	}
	t.leaveStaging()
	t.dir.close()
	return err
}

// closeFiles closes the files in flight and returns the first error: some
// file systems report a full disk only then.
func (t *Tree) closeFiles() error {
	t.openMu.Lock()
	defer t.openMu.Unlock()
	var first error
	for _, f := range t.open {
		if err := f.f.Close(); err != nil && first == nil {
			first = t.diskError("writing", int(f.index), err)
		}
		f.f = nil
	}
	t.open = nil
	for i := range t.entries {
		if f := t.entries[i].file; f != nil && !t.traits.gaps {
			f.early.close()
		}
	}
	return first
}
