package native

import (
	"encoding/binary"
	"fmt"
	"math"

	"sesame/transit/record"
	"sesame/tree/manifest"
)

// Types of the records that this package defines (doc/native.md §5.1). An
// acknowledgement counts both.
const (
	recordPlain byte = 1 // frames
	recordAsk   byte = 2 // frames; acknowledge at once
)

// A kind is the first byte of a frame. It is followed by the length of the
// body, and the body (doc/native.md §5.2). Numbers are in the shortest form of
// unsigned LEB128; bytes go on to the end of the body.
type kind byte

const (
	kindData       kind = 1 // entry, offset, bytes
	kindPacked     kind = 2 // entry, offset, length once unpacked, one Zstandard frame
	kindHole       kind = 3 // entry, offset, length: zeros
	kindAck        kind = 4 // how many records of this lane have been written, from its first on
	kindControl    kind = 5 // sequence number, type (1 byte), body: see message.go
	kindControlAck kind = 6 // the sequence number before which everything has been dealt with
	kindPing       kind = 7 // a number
	kindPong       kind = 8 // the same number
)

const (
	// maxChunk is how much of one file a frame may hold, in bytes before packing.
	maxChunk = (record.MaxPayload - frameRoom) &^ 4095
	// frameRoom is the most that a frame is longer than the content in it:
	// kind, length, entry, offset, length once unpacked.
	frameRoom = 1 + 3 + 3 + 9 + 3
	// maxBody is the largest body of a control message in bytes.
	maxBody = manifest.MaxPiece
	// controlRoom is the most that a frame is longer than the control message in it.
	controlRoom = 1 + 3 + 10 + 1
)

// A frame is what nextFrame read. Which fields have a meaning depends on kind.
type frame struct {
	kind  kind
	index int   // entry
	off   int64 // offset in it
	n     int64 // length of the range; for the kinds without one, their number
	typ   message
	body  []byte // a part of the record
}

// nextFrame reads the first frame of p and returns what follows it. p must not
// be empty. Every error is a *ProtocolError.
func nextFrame(p []byte) (f frame, rest []byte, err error) {
	r := reader{rest: p}
	f.kind = kind(r.byte())
	body := r.bytes(r.uint(record.MaxPayload))
	if r.failed {
		return f, nil, broken("frame is cut short")
	}
	rest, r.rest = r.rest, body
	switch f.kind {
	case kindData, kindPacked, kindHole:
		err = f.readRange(&r)
	case kindAck, kindControlAck, kindPing, kindPong:
		f.n = int64(r.uint(math.MaxInt64))
	case kindControl:
		f.n = int64(r.uint(math.MaxInt64))
		f.typ = message(r.byte())
		if f.body = r.all(); len(f.body) > maxBody {
			err = broken("control message is too large")
		}
	default:
		err = broken(fmt.Sprintf("frame of unknown kind %d", f.kind))
	}
	switch {
	case err != nil:
	case r.failed:
		err = broken(fmt.Sprintf("frame of kind %d makes no sense", f.kind))
	case len(r.rest) > 0:
		err = broken(fmt.Sprintf("frame of kind %d is too long", f.kind))
	}
	return f, rest, err
}

// readRange reads a frame about a part of a file.
func (f *frame) readRange(r *reader) error {
	f.index = int(r.uint(manifest.MaxEntries - 1))
	f.off = int64(r.uint(math.MaxInt64))
	switch f.kind {
	case kindData:
		f.body = r.all()
		f.n = int64(len(f.body))
	case kindPacked:
		f.n = int64(r.uint(maxChunk))
		f.body = r.all()
	case kindHole:
		f.n = int64(r.uint(math.MaxInt64))
	}
	if f.n > math.MaxInt64-f.off {
		return broken("range ends beyond what a file can hold")
	}
	if f.kind != kindHole && f.n > maxChunk {
		return broken("chunk is too large")
	}
	return nil
}

// appendData appends all of a data frame but its n bytes of content.
func appendData(b []byte, index int, off int64, n int) []byte {
	b = append(b, byte(kindData))
	b = binary.AppendUvarint(b, uint64(uvarintLen(uint64(index))+uvarintLen(uint64(off))+n))
	b = binary.AppendUvarint(b, uint64(index))
	return binary.AppendUvarint(b, uint64(off))
}

// appendPacked appends a frame with n bytes of a file that are packed in box.
func appendPacked(b []byte, index int, off int64, n int, box []byte) []byte {
	size := uvarintLen(uint64(index)) + uvarintLen(uint64(off)) + uvarintLen(uint64(n)) + len(box)
	b = append(b, byte(kindPacked))
	b = binary.AppendUvarint(b, uint64(size))
	b = binary.AppendUvarint(b, uint64(index))
	b = binary.AppendUvarint(b, uint64(off))
	b = binary.AppendUvarint(b, uint64(n))
	return append(b, box...)
}

// appendHole appends a frame that says that n bytes are zeros.
func appendHole(b []byte, index int, off, n int64) []byte {
	size := uvarintLen(uint64(index)) + uvarintLen(uint64(off)) + uvarintLen(uint64(n))
	b = append(b, byte(kindHole))
	b = binary.AppendUvarint(b, uint64(size))
	b = binary.AppendUvarint(b, uint64(index))
	b = binary.AppendUvarint(b, uint64(off))
	return binary.AppendUvarint(b, uint64(n))
}

// appendNumber appends a frame of one number: an acknowledgement, ping or pong.
func appendNumber(b []byte, k kind, n int64) []byte {
	b = append(b, byte(k))
	b = binary.AppendUvarint(b, uint64(uvarintLen(uint64(n))))
	return binary.AppendUvarint(b, uint64(n))
}

// appendControl appends a frame with a control message.
func appendControl(b []byte, seq int64, typ message, body []byte) []byte {
	b = append(b, byte(kindControl))
	b = binary.AppendUvarint(b, uint64(uvarintLen(uint64(seq))+1+len(body)))
	b = binary.AppendUvarint(b, uint64(seq))
	b = append(b, byte(typ))
	return append(b, body...)
}

// uvarintLen returns how many bytes binary.AppendUvarint appends.
func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// A reader takes numbers and bytes from what a peer sent. Once it failed,
// everything it returns is zero.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) fail() { r.rest, r.failed = nil, true }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// uint returns a number of at most limit, written in the shortest form.
func (r *reader) uint(limit uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > limit || n > 1 && r.rest[n-1] == 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// bytes returns the next n bytes.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// all returns what is left.
func (r *reader) all() []byte { return r.bytes(uint64(len(r.rest))) }
