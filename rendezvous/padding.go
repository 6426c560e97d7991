package rendezvous

import (
	"encoding/binary"
	"math/bits"
)

// Padding hides most of what a size tells: a text of 3 letters travels as one
// of 60 does. doc/native.md §1.4.
const (
	padStep  = 256     // sizes up to padFine are multiples of it
	padFine  = 4 << 10 // larger ones have few significant bits
	padSizeN = 4       // bytes of the length in front of a padded message
)

// padded returns the size to which something of n bytes is padded: the next
// multiple of 256 up to 4 KiB, from there the next Padmé size, which is at most
// 7 % more.
func padded(n int) int {
	if n <= padFine {
		return max(padStep, (n+padStep-1)/padStep*padStep)
	}
	exponent := bits.Len(uint(n)) - 1
	low := 1<<(exponent-bits.Len(uint(exponent))) - 1
	return (n + low) &^ low
}

// pad returns a message with its length in front and zeros behind.
func pad(msg []byte) []byte {
	out := make([]byte, padded(padSizeN+len(msg)))
	binary.BigEndian.PutUint32(out, uint32(len(msg)))
	copy(out[padSizeN:], msg)
	return out
}

// unpad returns the message in a padded one. How much padding there is, and
// what it consists of, is its author's business.
func unpad(b []byte) ([]byte, bool) {
	if len(b) < padSizeN {
		return nil, false
	}
	n := binary.BigEndian.Uint32(b)
	b = b[padSizeN:]
	if uint64(n) > uint64(len(b)) {
		return nil, false
	}
	return b[:n:n], true
}
