package stun

import (
	"encoding/binary"
	"net/netip"
)

// New returns a message without attributes. What it gets it gets by the
// functions below, which append to it as append does, and keep its length right.
func New(t Type, id ID) []byte { return Begin(make([]byte, 0, 128), t, id) }

// Begin is New in the memory of b, which is empty.
func Begin(b []byte, t Type, id ID) []byte {
	b = append(b, byte(t>>8), byte(t), 0, 0)
	b = binary.BigEndian.AppendUint32(b, cookie)
	return append(b, id[:]...)
}

// SetType makes message one of another type.
func SetType(message []byte, t Type) { binary.BigEndian.PutUint16(message, uint16(t)) }

// Append appends an attribute of at most 65,000 bytes to message.
func Append(message []byte, a Attribute, value []byte) []byte {
	message = begin(message, a, len(value))
	message = append(message, value...)
	return end(message)
}

// AppendAddress appends an attribute that holds an address, which must be valid.
func AppendAddress(message []byte, a Attribute, at netip.AddrPort) []byte {
	addr, port := at.Addr().Unmap(), at.Port()
	if a == XORMappedAddress {
		port ^= cookie >> 16
	}
	var ip [16]byte
	n := 4
	if addr.Is4() {
		*(*[4]byte)(ip[:]) = addr.As4()
	} else {
		n, ip = 16, addr.As16()
	}
	if a == XORMappedAddress {
		mask(ip[:n], message)
	}
	message = begin(message, a, 4+n)
	message = append(message, 0, byte(family(n)))
	message = binary.BigEndian.AppendUint16(message, port)
	return end(append(message, ip[:n]...))
}

// Truncate takes back what was appended since message had size bytes.
func Truncate(message []byte, size int) []byte {
	setLength(message, size)
	return message[:size]
}

// AppendFingerprint appends what tells a STUN message from other packets. Nothing
// can follow it.
func AppendFingerprint(message []byte) []byte {
	setLength(message, len(message)+8) // the sum covers the length with it
	sum := fingerprint(message)
	return end(binary.BigEndian.AppendUint32(begin(message, Fingerprint, 4), sum))
}

func begin(message []byte, a Attribute, n int) []byte {
	message = binary.BigEndian.AppendUint16(message, uint16(a))
	return binary.BigEndian.AppendUint16(message, uint16(n))
}

// end fills an attribute up to a multiple of four bytes.
func end(message []byte) []byte {
	for len(message)%4 != 0 {
		message = append(message, 0)
	}
	setLength(message, len(message))
	return message
}

// setLength writes the length of a message of size bytes into it.
func setLength(message []byte, size int) {
	binary.BigEndian.PutUint16(message[2:], uint16(size-HeaderSize))
}
