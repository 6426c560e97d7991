package record

import (
	"encoding/binary"
	"fmt"
	"io"
)

// An Opener reads and opens the native records that a Sealer made, in one
// direction of one connection. It is for one goroutine at a time and holds a buffer of about
// 264 KiB, whatever lengths the peer claims.
type Opener struct {
	src  io.Reader
	keys aeadKeys
	buf  []byte
	r, w int // buf[r:w] has been read from src and not yet opened
	err  error
}

// How an Opener reads ahead. Of large records it asks for exactly one and the
// header of the next, so that each is opened where it was read to. Small ones
// it takes many at a time, and moves the piece of a record at the end, which is
// at most the window, to the front.
const (
	openerBuffer = (MaxPayload + 8<<10) &^ 4095 // a record, the next header, up to whole pages
	openerWindow = 64 << 10
	smallRecord  = 8 << 10
)

// NewOpener returns an Opener that reads from src ahead of what it delivers. The
// secret has KeySize bytes, anything else panics, and is copied: the caller
// erases it. Deadlines are src's.
func NewOpener(src io.Reader, s Suite, secret []byte) *Opener {
	o := &Opener{src: src, buf: make([]byte, openerBuffer)}
	o.keys.start(s, secret)
	return o
}

// Next returns the next record's type and plaintext, which is valid until the
// next call and the caller's to overwrite. A Final record is returned like any
// other; after it Next returns io.EOF and reads no further.
//
// Any other error means that no more can come of this connection: it wraps
// ErrDamaged, ErrTruncated if the stream ended before its final record, or what
// src's Read returned. After an error every call returns the same error.
func (o *Opener) Next() (typ byte, plaintext []byte, err error) {
	if o.err != nil {
		return 0, nil, o.err
	}
	typ, plaintext, err = o.next()
	switch {
	case err != nil:
		o.err = err
	case typ == Final:
		o.err = io.EOF
	default:
		return typ, plaintext, nil
	}
	o.keys, o.buf = aeadKeys{}, nil // a final record's plaintext still holds the buffer
	return typ, plaintext, err
}

func (o *Opener) next() (byte, []byte, error) {
	if err := o.fill(HeaderSize, openerWindow); err != nil {
		return 0, nil, err
	}
	head := binary.BigEndian.Uint32(o.buf[o.r:])
	length := int(head & 0xffffff)
	if length < tagSize || length > MaxPayload+tagSize {
		return 0, nil, fmt.Errorf("%w: length %d", ErrDamaged, length)
	}
	size := HeaderSize + length
	window := size + HeaderSize
	if size <= smallRecord {
		window = openerWindow
	}
	if err := o.fill(size, window); err != nil {
		return 0, nil, err
	}
	rec := o.buf[o.r : o.r+size : o.r+size]
	o.r += size
	box := rec[HeaderSize:]
	plain, err := o.keys.aead.Open(box[:0], o.keys.current(), box, rec[:HeaderSize])
	if err != nil {
		return 0, nil, ErrDamaged
	}
	o.keys.advance(length)
	return byte(head >> 24), plain[:len(plain):len(plain)], nil
}

// fill reads until the buffer holds need bytes, and up to window bytes if they
// are there for the taking. It may move them within the buffer.
func (o *Opener) fill(need, window int) error {
	if o.w-o.r >= need {
		return nil
	}
	o.w = copy(o.buf, o.buf[o.r:o.w])
	o.r = 0
	for idle := 0; o.w < need; {
		n, err := o.src.Read(o.buf[o.w:max(window, need)])
		o.w += n
		switch {
		case o.w >= need:
			// If there is an error too, it comes again.
		case err == io.EOF && o.w == 0:
			return fmt.Errorf("%w: no final record", ErrTruncated)
		case err == io.EOF:
			return fmt.Errorf("%w: in the middle of a record", ErrTruncated)
		case err != nil:
			return fmt.Errorf("read record: %w", err)
		case n > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return fmt.Errorf("read record: %w", io.ErrNoProgress)
			}
		}
	}
	return nil
}
