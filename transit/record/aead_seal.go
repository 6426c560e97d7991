package record

import (
	"encoding/binary"
	"fmt"
)

// A Sealer makes the native records of one direction of one connection. It is
// for one goroutine at a time.
type Sealer struct {
	keys  aeadKeys
	ended bool
}

// NewSealer returns a Sealer. The secret has KeySize bytes, anything else
// panics, and is copied: the caller erases it. A secret must serve one Sealer
// only, ever: a second one would use the same keys and nonces again.
func NewSealer(s Suite, secret []byte) *Sealer {
	sealer := new(Sealer)
	sealer.keys.start(s, secret)
	return sealer
}

// Seal makes a record in place and returns it, ready to be written in one call.
// The plaintext is the n bytes of buf from HeaderSize on; the record occupies
// the first n+Overhead bytes of buf, whose capacity has to suffice (its length
// doesn't matter). Nothing is allocated. Records have to be written in the order
// in which they were sealed, each once.
//
// A record of type Final ends the stream. Sealing another one after it panics,
// as do an n below 0 or above MaxPayload and a buf that is too small.
func (s *Sealer) Seal(buf []byte, typ byte, n int) []byte {
	switch {
	case s.ended:
		panic("record: Seal after the final record")
	case n < 0 || n > MaxPayload:
		panic(fmt.Sprintf("record: payload of %d bytes", n))
	case cap(buf) < n+Overhead:
		panic(fmt.Sprintf("record: buffer of %d bytes for a payload of %d", cap(buf), n))
	}
	s.ended = typ == Final
	buf = buf[:n+Overhead]
	head, plain := buf[:HeaderSize], buf[HeaderSize:HeaderSize+n]
	binary.BigEndian.PutUint32(head, uint32(typ)<<24|uint32(n+tagSize))
	s.keys.aead.Seal(plain[:0], s.keys.current(), plain, head)
	s.keys.advance(n + tagSize)
	return buf
}
