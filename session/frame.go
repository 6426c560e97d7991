package session

import (
	"math"

	"sesame/internal/varint"
	"sesame/transit/record"
)

// Types of the records that this package defines (doc/native.md §5.1). An
// acknowledgement counts the first two.
const (
	recordPlain byte = 1 // frames
	recordAsk   byte = 2 // frames; acknowledge at once
	recordAside byte = 4 // frames that are neither content nor control messages
)

// A Kind is the first byte of a frame. It is followed by the length of the body, and
// the body (doc/native.md §5.2). Numbers are as in package varint; bytes go on to the
// end of the body.
type Kind byte

// The kinds of frames that hold content.
const (
	Data   Kind = 1 // index, offset, bytes
	Packed Kind = 2 // index, offset, length once unpacked, bytes
	Hole   Kind = 3 // index, offset, length: zeros
)

const (
	kindAck        Kind = 4 // how many records of this lane have been dealt with, from its first on
	kindControl    Kind = 5 // sequence number, type (1 byte), body: see message.go
	kindControlAck Kind = 6 // the sequence number before which everything has been dealt with
	kindPing       Kind = 7 // a number
	kindPong       Kind = 8 // the same number
	kindFor        Kind = 9 // number of an exchange of the writer's, whose content follows
)

const (
	// MaxChunk is how much of one thing a frame may hold, in bytes before packing.
	MaxChunk = (record.MaxPayload - FrameRoom - forRoom) &^ 4095
	// FrameRoom is the most that a frame is longer than the content in it:
	// kind, length, index, offset, length once unpacked.
	FrameRoom = 1 + 3 + 3 + 9 + 3
	// forRoom is how long a frame is that says whose content follows.
	forRoom = 1 + 1 + 9
	// MaxIndex is what the index of a content frame is below.
	MaxIndex = 1 << 20
	// MaxBody is the largest body of a message in bytes, without the number of its
	// exchange.
	MaxBody = 64 << 10
	// maxControl is the largest body of a control message, with that number.
	maxControl = MaxBody + 16
	// controlRoom is the most that a frame is longer than the control message in it.
	controlRoom = 1 + 3 + 10 + 1
)

// A Frame is content that a lane brought. What an index means, and how content is
// packed, is for who carries it in an exchange.
type Frame struct {
	Kind  Kind
	Index int
	Off   int64  // offset in it
	N     int64  // length of the range
	Body  []byte // a part of the record, valid until Take returns
	Spare []byte // of Packed: room for MaxChunk bytes, likewise
}

// A word is what nextFrame read. Which fields have a meaning depends on Kind; of the
// kinds without a range, N is their number.
type word struct {
	Frame
	typ Message
}

// nextFrame reads the first frame of p and returns what follows it. p must not be
// empty. Every error is a *ProtocolError.
func nextFrame(p []byte) (f word, rest []byte, err error) {
	r := varint.Reader{Rest: p}
	f.Kind = Kind(r.Byte())
	body := r.Bytes(r.Uint(record.MaxPayload))
	if r.Failed {
		return f, nil, broken("frame is cut short")
	}
	rest, r.Rest = r.Rest, body
	switch f.Kind {
	case Data, Packed, Hole:
		err = f.readRange(&r)
	case kindAck, kindControlAck, kindPing, kindPong, kindFor:
		f.N = int64(r.Uint(math.MaxInt64))
	case kindControl:
		f.N = int64(r.Uint(math.MaxInt64))
		f.typ = Message(r.Byte())
		if f.Body = r.All(); len(f.Body) > maxControl {
			err = broken("control message is too large")
		}
	default:
		err = brokenf("frame of unknown kind %d", f.Kind)
	}
	switch {
	case err != nil:
	case r.Failed:
		err = brokenf("frame of kind %d makes no sense", f.Kind)
	case len(r.Rest) > 0:
		err = brokenf("frame of kind %d is too long", f.Kind)
	}
	return f, rest, err
}

// readRange reads a frame of content.
func (f *word) readRange(r *varint.Reader) error {
	f.Index = int(r.Uint(MaxIndex - 1))
	f.Off = int64(r.Uint(math.MaxInt64))
	switch f.Kind {
	case Data:
		f.Body = r.All()
		f.N = int64(len(f.Body))
	case Packed:
		f.N = int64(r.Uint(MaxChunk))
		f.Body = r.All()
	case Hole:
		f.N = int64(r.Uint(math.MaxInt64))
	}
	if f.N > math.MaxInt64-f.Off {
		return broken("range ends beyond what can be counted")
	}
	if f.Kind != Hole && f.N > MaxChunk {
		return broken("chunk is too large")
	}
	return nil
}

// AppendData appends all of a frame of data but its n bytes of content.
func AppendData(b []byte, index int, off int64, n int) []byte {
	b = append(b, byte(Data))
	b = varint.Append(b, uint64(varint.Len(uint64(index))+varint.Len(uint64(off))+n))
	b = varint.Append(b, uint64(index))
	return varint.Append(b, uint64(off))
}

// AppendPacked appends a frame with n bytes of content that are packed in box.
func AppendPacked(b []byte, index int, off int64, n int, box []byte) []byte {
	size := varint.Len(uint64(index)) + varint.Len(uint64(off)) + varint.Len(uint64(n)) + len(box)
	b = append(b, byte(Packed))
	b = varint.Append(b, uint64(size))
	b = varint.Append(b, uint64(index))
	b = varint.Append(b, uint64(off))
	b = varint.Append(b, uint64(n))
	return append(b, box...)
}

// AppendHole appends a frame that says that n bytes are zeros.
func AppendHole(b []byte, index int, off, n int64) []byte {
	size := varint.Len(uint64(index)) + varint.Len(uint64(off)) + varint.Len(uint64(n))
	b = append(b, byte(Hole))
	b = varint.Append(b, uint64(size))
	b = varint.Append(b, uint64(index))
	b = varint.Append(b, uint64(off))
	return varint.Append(b, uint64(n))
}

// appendNumber appends a frame of one number: an acknowledgement, a ping, whose
// content follows.
func appendNumber(b []byte, k Kind, n int64) []byte {
	b = append(b, byte(k))
	b = varint.Append(b, uint64(varint.Len(uint64(n))))
	return varint.Append(b, uint64(n))
}

// appendControl appends a frame with a control message.
func appendControl(b []byte, seq int64, typ Message, body []byte) []byte {
	b = append(b, byte(kindControl))
	b = varint.Append(b, uint64(varint.Len(uint64(seq))+1+len(body)))
	b = varint.Append(b, uint64(seq))
	b = append(b, byte(typ))
	return append(b, body...)
}
