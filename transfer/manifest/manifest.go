// Package manifest lists what a native transfer will write: every file,
// directory and link, with the little that is kept of each, before the first
// byte of content crosses.
//
// A sender makes a manifest by walking what its user named; a receiver gets it
// in pieces, checks every entry, and shows it before anybody says yes. What a
// manifest that was read from a peer holds is safe to create below one
// directory: the checks are in Decoder, not left to its caller.
//
// Source: doc/native.md §6.
package manifest

import "time"

// Limits on a manifest, for both sides.
const (
	MaxEntries = 1 << 20  // entries
	MaxBytes   = 64 << 20 // encoded bytes
	MaxName    = 255      // bytes of one path element
	MaxPath    = 4096     // bytes of a path
	MaxDepth   = 64       // elements of a path
)

// A Kind says what an entry is. Nothing else is ever sent or created: no
// devices, sockets, FIFOs or hard links.
type Kind uint8

const (
	File Kind = iota + 1
	Dir
	Link
)

// StreamSize is the Size of a file whose length is unknown until it ends.
const StreamSize = -1

// An Entry is one thing that will be written.
type Entry struct {
	// Path is relative to the receiver's directory, with slashes between
	// elements. Its first element is a top-level name.
	Path string
	Kind Kind
	// Exec is the owner's x-bit of a file, the only bit of its mode that is kept.
	Exec bool
	// Size is a file's length in bytes, StreamSize if unknown, otherwise 0.
	Size int64
	// ModTime is kept to the nanosecond where the file system can; the zero
	// time leaves it alone.
	ModTime time.Time
	// Target is where a link leads: a relative path that stays inside the
	// link's own top-level directory.
	Target string
}

// A Manifest is everything one transfer writes. Directories stand before what
// they hold. It isn't changed once it is complete, so any number of goroutines
// may read it.
type Manifest struct {
	Entries []Entry
	// Skipped is what the sender left out, with the reason, so that both
	// people see it.
	Skipped []Skipped
}

// Skipped is something that was named or found, but not sent.
type Skipped struct {
	Path   string
	Reason string
}
