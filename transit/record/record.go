// Package record seals the bytes of one connection: each record that is read
// is exactly one that the peer wrote, whole, unchanged and in its place.
//
//	writer                                   reader
//	WriteRecord(p)  -- length | nonce | box -->  ReadRecord() = p
//	WriteRecord(q)  -- length | nonce | box -->  ReadRecord() = q
//
// [Writer] and [Reader] speak the format that every Magic Wormhole client uses
// on its bulk connection (doc/transit.md §6), [Sealer] and [Opener] that of the
// native protocol (doc/native.md §4):
//
//	sealer                                         opener
//	Seal(buf, 7, n)      -- type | length | box -->  Next() = 7, p
//	Seal(buf, Final, 0)  -- type | length | box -->  Next() = Final, ""; then io.EOF
//
// Nothing is delivered before its tag has been checked. Whoever carries the
// bytes can delay them or cut them off, and no more: a flipped bit, a record
// left out, repeated, exchanged with another, or taken from the other
// direction is [ErrDamaged], and an end in the middle of a record is
// [ErrTruncated]. An end between two records is that too in the native format,
// whose streams end with a final record. In the classic one it reads as io.EOF,
// and whether the peer was done is for the caller to know.
package record

import "errors"

var (
	// ErrDamaged is the cause when a record is not the one expected here:
	// changed, repeated, out of order, sealed with another key, or of an
	// impossible length. Nothing of it was delivered.
	ErrDamaged = errors.New("damaged record")

	// ErrTruncated is the cause when the connection ended inside a record, or
	// a native stream without its final record.
	ErrTruncated = errors.New("connection ended early")
)

// KeySize is the size of a record key in bytes.
const KeySize = 32
