// Package varint reads and writes what peers say in numbers: unsigned LEB128 in the
// shortest form, so that everything has one encoding, and bytes behind them
// (doc/native.md §5.2).
package varint

import "encoding/binary"

// Append appends v to b. It has dozens of callers, and is longer than a call of it.
//
//go:noinline
func Append(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// Len returns how many bytes Append appends.
func Len(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// A Reader takes numbers and bytes from what a peer sent. Once it has failed,
// everything it returns is zero. It copies nothing.
type Reader struct {
	Rest   []byte
	Failed bool
}

// Fail makes r fail.
func (r *Reader) Fail() { r.Rest, r.Failed = nil, true }

// Byte returns the next byte.
func (r *Reader) Byte() byte {
	if len(r.Rest) == 0 {
		r.Fail()
		return 0
	}
	b := r.Rest[0]
	r.Rest = r.Rest[1:]
	return b
}

// Uint returns a number of at most limit, written in the shortest form.
func (r *Reader) Uint(limit uint64) uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 || v > limit || n > 1 && r.Rest[n-1] == 0 {
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Bytes returns the next n bytes.
func (r *Reader) Bytes(n uint64) []byte {
	if n > uint64(len(r.Rest)) {
		r.Fail()
		return nil
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b
}

// All returns what is left.
func (r *Reader) All() []byte { return r.Bytes(uint64(len(r.Rest))) }
