// Package manifest lists what a native transfer will write: every file,
// directory and link, with the little that is kept of each, before the first
// byte of content crosses.
//
// A sender makes a manifest by walking what its user named; a receiver gets it
// in pieces, checks every entry, and shows it before anybody says yes. What a
// manifest that was read from a peer holds is safe to create below one
// directory: the checks are in Decoder, not left to its caller.
//
//	sender                                        receiver
//	Walk → Manifest, Sources; Sources.Mark
//	NewEncoder(m).Next  ── pieces, in order ──>   Decoder.Add
//	len(m.Entries), m.Total()  ───────────────>   Decoder.Finish → Manifest
//	                                              Summary, Tree: a person says yes
//	Sources.Open(i)  ── contents of entry i ──>
//
// Listing and opening (Walk, Sources) need an operating system; the rest also
// builds for browsers.
//
// Source: doc/native.md §6.
package manifest

import (
	"math"
	"time"
)

// Limits on a manifest, for both sides.
const (
	MaxEntries = 1 << 20  // entries
	MaxBytes   = 64 << 20 // encoded bytes
	MaxPiece   = 64 << 10 // encoded bytes of one piece
	MaxName    = 255      // bytes of one path element
	MaxPath    = 4096     // bytes of a path, and of a link's target
	MaxDepth   = 64       // elements of a path
	MaxSkipped = 4096     // left-out entries that are named
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
	// ModTime of a file or directory is in UTC, between 1970 and 2106, and kept
	// to the nanosecond where the file system can; the zero time leaves it alone.
	ModTime time.Time
	// Target is where a link leads: a relative path that stays inside the
	// link's own top-level directory.
	Target string
}

// A Manifest is everything one transfer writes. Entries are in one order, that
// of their paths element by element, so a directory stands right before what it
// holds. It isn't changed once it is complete, so any number of goroutines may
// read it.
type Manifest struct {
	Entries []Entry
	// Skipped is what the sender left out, with the reason, so that both
	// people see it: at most MaxSkipped, of which the last may stand for more.
	Skipped []Skipped
	// Holes is how many bytes of the files take no room on the sender's disk,
	// as far as it knows without reading them: at most Total. Where holes can be
	// made the receiver needs no room for them either.
	Holes int64
}

// Skipped is something that was named or found, but not sent. Its texts can be
// shown as they are: they are already in the form that safetext.Line makes, so
// Path is no path to open.
type Skipped struct {
	Path string
	Why  Reason
	// Missing says that it should have been sent and can't be: nobody may read
	// it, or its name isn't one that can be created everywhere. Otherwise it is
	// of a sort that never is sent: a link that leads outside, a device, a socket.
	Missing bool
}

// A Renamed says that something named had to get another top-level name,
// because an earlier one has the same.
type Renamed struct {
	Path string // as it was named
	Name string // at the top level
}

// Total returns the bytes of all files whose size is known, at most
// math.MaxInt64.
func (m *Manifest) Total() int64 {
	var total int64
	for i := range m.Entries {
		if size := m.Entries[i].Size; size > 0 {
			if size > math.MaxInt64-total {
				return math.MaxInt64
			}
			total += size
		}
	}
	return total
}

// Check reports the first rule that m breaks, as an *Error. A manifest that
// Walk or Decoder returned keeps them all; one made by hand (of a stream, or in
// a browser) must be checked before it is encoded.
func (m *Manifest) Check() error {
	var c checker
	for i := range m.Entries {
		if err := c.add(&m.Entries[i]); err != nil {
			return err
		}
	}
	return checkSkipped(m.Skipped)
}

// The range of times that is kept: what fits in 32 bits of seconds from 1970,
// which every file system in use can hold.
const (
	minTime = 0
	maxTime = (1<<32 - 1) * int64(time.Second)
)

// clampTime returns ns, in nanoseconds since 1970, as a time that is kept.
func clampTime(ns int64) time.Time {
	return time.Unix(0, min(max(ns, minTime), maxTime)).UTC()
}
