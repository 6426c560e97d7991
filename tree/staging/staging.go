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
// Four types share the work of a Tree, each with the lock that its own needs:
//
//   - area: the hidden directory, its lock and its marker, and how an earlier
//     run's is taken over;
//   - files: what lies there of each entry, and the descriptors; an arrival is one
//     file while somebody has its lock;
//   - ledger: what is done, has failed or is lost, without a look at the disk;
//   - naming: which names things have in staging and in place, and whether the disk
//     can keep them apart. A mover gives the final ones.
//
// A gate lets many write at once, and Place and Close alone. Who belongs to whom in
// the manifest is a shape, which nobody needs a lock for.
//
// Source: doc/native.md §7.
package staging

import (
	"log/slog"

	"sesame/internal/descriptors"
	"sesame/tree"
)

// Options says how a Tree works. The zero value is ready to use.
type Options struct {
	// ID is that of the transfer: what an earlier run of the same one left is gone on
	// with. Default none: nothing is, and Close leaves nothing.
	ID tree.ID
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
	Losses *tree.Losses
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
		c.Losses = new(tree.Losses)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
