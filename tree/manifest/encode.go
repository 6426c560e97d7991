package manifest

import (
	"encoding/binary"
	"fmt"
	"time"

	"sesame/internal/varint"
)

// The first byte of an item: its kind and what follows. Source: doc/native.md §6.3.
//
//	bit  7 6 5 | 4      | 3    | 2    | 1 0
//	     zero  | stream | time | exec | kind: 1 file, 2 directory, 3 link
//	     zero  | zero   | why  | missing | 0: left out
const (
	tagKind    = 0x03
	tagExec    = 0x04
	tagMissing = 0x04
	tagTime    = 0x08
	tagWhy     = 0x08
	tagStream  = 0x10
	tagKnown   = 0x1f
)

// minPiece is the smallest piece that holds any one item.
const minPiece = 16 << 10

// An Encoder turns a manifest into pieces. It is for one goroutine.
type Encoder struct {
	m       *Manifest
	entry   int    // next of m.Entries
	skipped int    // next of m.Skipped
	prev    string // path of the entry before
	time    int64  // of the last entry that had one
	item    []byte // encoded, but not yet in a piece
}

// NewEncoder returns an encoder of m, which must keep the rules (Check) and
// must not change while it is encoded.
func NewEncoder(m *Manifest) *Encoder {
	return &Encoder{m: m}
}

// Next returns the next piece of at most limit bytes, which belongs to the caller,
// or nil after the last. Limit is MaxPiece if it is 0 or more than that;
// otherwise it must be at least 16 KiB.
func (e *Encoder) Next(limit int) []byte {
	if limit == 0 || limit > MaxPiece {
		limit = MaxPiece
	}
	if limit < minPiece {
		panic(fmt.Sprintf("manifest: Encoder.Next(%d): less than %d", limit, minPiece))
	}
	var piece []byte
	for {
		if len(e.item) == 0 && !e.next() {
			return piece
		}
		if len(piece)+len(e.item) > limit {
			return piece
		}
		if piece == nil {
			piece = make([]byte, 0, min(limit, 32*(len(e.m.Entries)-e.entry+1)+2*len(e.item)))
		}
		piece = append(piece, e.item...)
		e.item = e.item[:0]
	}
}

// next encodes the next item and reports whether there was one.
func (e *Encoder) next() bool {
	switch {
	case e.entry < len(e.m.Entries):
		e.appendEntry(&e.m.Entries[e.entry])
		e.entry++
	case e.skipped < len(e.m.Skipped):
		e.item = e.appendSkipped(e.item, &e.m.Skipped[e.skipped])
		e.skipped++
	default:
		return false
	}
	return true
}

func (e *Encoder) appendSkipped(item []byte, s *Skipped) []byte {
	tag := byte(0)
	if s.Missing {
		tag = tagMissing
	}
	if s.Why.Cause == CauseUnsaid {
		item = appendText(append(item, tag), s.Path)
		return appendText(item, s.Why.Words())
	}
	item = appendText(append(item, tag|tagWhy), s.Path)
	item = varint.Append(item, uint64(s.Why.Cause))
	for _, n := range s.Why.Numbers {
		item = varint.Append(item, uint64(n))
	}
	return appendText(item, s.Why.Says)
}

func (e *Encoder) appendEntry(entry *Entry) {
	tag := byte(entry.Kind)
	if entry.Exec {
		tag |= tagExec
	}
	if !entry.ModTime.IsZero() {
		tag |= tagTime
	}
	if entry.Size == StreamSize {
		tag |= tagStream
	}
	same := sharedPrefix(e.prev, entry.Path)
	item := append(e.item, tag)
	item = varint.Append(item, uint64(same))
	item = appendText(item, entry.Path[same:])
	if entry.Kind == File && entry.Size != StreamSize {
		item = varint.Append(item, uint64(entry.Size))
	}
	if tag&tagTime != 0 {
		now := unixNano(entry.ModTime)
		item = binary.AppendVarint(item, now-e.time)
		e.time = now
	}
	if entry.Kind == Link {
		item = appendText(item, entry.Target)
	}
	e.item, e.prev = item, entry.Path
}

// unixNano returns t within the range that is kept.
func unixNano(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec < minTime:
		return minTime
	case sec > maxTime/int64(time.Second):
		return maxTime
	}
	return min(t.UnixNano(), maxTime)
}

func appendText(b []byte, s string) []byte {
	b = varint.Append(b, uint64(len(s)))
	return append(b, s...)
}

// encodedSize returns how many bytes m takes.
func encodedSize(m *Manifest) int {
	n := 0
	for e := NewEncoder(m); e.next(); e.item = e.item[:0] {
		n += len(e.item)
	}
	return n
}
