// Package record seals the bytes of one connection: each record that is read
// is exactly one that the peer wrote, whole, unchanged and in its place.
//
//	writer                                   reader
//	WriteRecord(p)  -- length | nonce | box -->  ReadRecord() = p
//	WriteRecord(q)  -- length | nonce | box -->  ReadRecord() = q
//
// Nothing is delivered before its tag has been checked. Whoever carries the
// bytes can delay them or cut them off, and no more: a flipped bit, a record
// left out, repeated, exchanged with another, or taken from the other
// direction is [ErrDamaged], and an end in the middle of a record is
// [ErrTruncated]. An end between two records reads as io.EOF; whether the peer
// was done then is for the caller to know (records carry no end mark).
//
// [Writer] and [Reader] speak the format that every Magic Wormhole client uses
// on its bulk connection. Source: doc/transit.md §6.
package record

import "errors"

var (
	// ErrDamaged is the cause when a record is not the one expected here:
	// changed, repeated, out of order, sealed with another key, or of an
	// impossible length. Nothing of it was delivered.
	ErrDamaged = errors.New("damaged record")

	// ErrTruncated is the cause when the connection ended inside a record.
	ErrTruncated = errors.New("connection ended early, in the middle of a record")
)

// KeySize is the size of a record key in bytes.
const KeySize = 32
