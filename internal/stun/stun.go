// Package stun reads and writes STUN messages (RFC 8489), as far as Binding
// needs them: a client asks, a server says which address the question came from,
// and two peers who share a key check with the same messages whether packets get
// through between them (RFC 8445).
//
//	request := stun.New(stun.BindingRequest, stun.NewID())
//	request = stun.Append(request, stun.Software, []byte("sesame"))
//
//	answer, ok := stun.Parse(packet)
//	at, ok := answer.Mapped()
//
// It knows nothing of sockets, time or servers: relay/stun answers, and the
// packages below transit ask.
package stun

import (
	"crypto/rand"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"net/netip"
)

// HeaderSize is the size in bytes of a message without attributes.
const HeaderSize = 20

// cookie is in every message since RFC 5389. What has none is of RFC 3489, or
// isn't STUN.
const cookie = 0x2112A442

// A Type says what a message is.
type Type uint16

// The messages of Binding.
const (
	BindingRequest Type = 0x0001
	BindingSuccess Type = 0x0101
	BindingError   Type = 0x0111
)

// An Attribute is a type of what a message holds.
type Attribute uint16

// Attributes. Those below 0x8000 have to be understood by who answers.
const (
	MappedAddress     Attribute = 0x0001
	Username          Attribute = 0x0006
	MessageIntegrity  Attribute = 0x0008
	ChangeRequest     Attribute = 0x0003 // RFC 5780
	ErrorCode         Attribute = 0x0009
	UnknownAttributes Attribute = 0x000A
	Realm             Attribute = 0x0014
	Nonce             Attribute = 0x0015
	IntegritySHA256   Attribute = 0x001C
	PasswordAlgorithm Attribute = 0x001D
	UserHash          Attribute = 0x001E
	XORMappedAddress  Attribute = 0x0020
	Padding           Attribute = 0x0026 // RFC 5780
	Software          Attribute = 0x8022
	Fingerprint       Attribute = 0x8028
	ResponseOrigin    Attribute = 0x802B // RFC 5780
	OtherAddress      Attribute = 0x802C // RFC 5780
)

// MustUnderstand reports whether who doesn't know a may not go on as if it
// weren't there.
func (a Attribute) MustUnderstand() bool { return a < 0x8000 }

// An ID ties an answer to its request.
type ID [12]byte

// NewID returns a random ID.
func NewID() (id ID) {
	rand.Read(id[:])
	return id
}

// A Message is a STUN message that was read. It refers to the bytes that it was
// read from.
type Message struct {
	Type Type
	ID   ID

	raw       []byte
	integrity int // where MESSAGE-INTEGRITY begins, 0 if there is none
	count     int
}

// Parse reads a message that fills b: it has the cookie, its length is right,
// no attribute exceeds it, and a FINGERPRINT is the last attribute and right.
// Everything else isn't STUN, or was damaged.
func Parse(b []byte) (Message, bool) {
	if len(b) < HeaderSize || len(b)%4 != 0 || b[0] >= 0x40 ||
		binary.BigEndian.Uint32(b[4:]) != cookie ||
		Size(b) != len(b) {
		return Message{}, false
	}
	m := Message{Type: Type(binary.BigEndian.Uint16(b)), ID: ID(b[8:HeaderSize]), raw: b}
	for at := HeaderSize; at < len(b); {
		a, n := header(b[at:])
		end := at + 4 + (n+3)&^3
		if end > len(b) {
			return Message{}, false
		}
		switch a {
		case MessageIntegrity:
			if m.integrity == 0 {
				m.integrity = at
			}
		case Fingerprint:
			if n != 4 || end != len(b) || binary.BigEndian.Uint32(b[at+4:]) != fingerprint(b[:at]) {
				return Message{}, false
			}
		}
		m.count++
		at = end
	}
	return m, true
}

// Size returns how many bytes a message has, by its header, of which at least
// the first four bytes are given. A stream is read by it.
func Size(header []byte) int { return HeaderSize + int(binary.BigEndian.Uint16(header[2:])) }

// header returns type and length of the attribute that b begins with.
func header(b []byte) (Attribute, int) {
	return Attribute(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
}

func fingerprint(before []byte) uint32 { return crc32.ChecksumIEEE(before) ^ 0x5354554E }

// Count returns how many attributes there are, those included that All passes
// over.
func (m Message) Count() int { return m.count }

// All returns the attributes in their order with their values. What follows
// MESSAGE-INTEGRITY isn't covered by it and is passed over (RFC 8489 §14.5).
func (m Message) All() iter.Seq2[Attribute, []byte] {
	return func(yield func(Attribute, []byte) bool) {
		for at := HeaderSize; at < len(m.raw); {
			a, n := header(m.raw[at:])
			if !yield(a, m.raw[at+4:at+4+n]) || at == m.integrity {
				return
			}
			at += 4 + (n+3)&^3
		}
	}
}

// Get returns the value of the first attribute a.
func (m Message) Get(a Attribute) ([]byte, bool) {
	for has, value := range m.All() {
		if has == a {
			return value, true
		}
	}
	return nil, false
}

// Mapped returns the address that an answer says its request came from, in the
// form of RFC 8489 or else of RFC 3489. The port isn't 0, and IPv4 is never
// written as IPv6.
func (m Message) Mapped() (netip.AddrPort, bool) {
	if at, ok := m.Address(XORMappedAddress); ok {
		return at, true
	}
	return m.Address(MappedAddress)
}

// Address returns the address in the first attribute a, as Mapped does.
func (m Message) Address(a Attribute) (netip.AddrPort, bool) {
	v, ok := m.Get(a)
	if !ok || len(v) < 4 || v[1] != byte(family(len(v)-4)) || v[1] == 0 {
		return netip.AddrPort{}, false
	}
	var ip [16]byte
	n := copy(ip[:], v[4:])
	port := binary.BigEndian.Uint16(v[2:])
	if a == XORMappedAddress {
		port ^= cookie >> 16
		mask(ip[:n], m.raw)
	}
	addr, _ := netip.AddrFromSlice(ip[:n])
	return netip.AddrPortFrom(addr.Unmap(), port), port != 0
}

// family returns the number of the address family whose addresses have size
// bytes, 0 if none do.
func family(size int) int {
	switch size {
	case 4:
		return 1
	case 16:
		return 2
	}
	return 0
}

// mask turns an address into its form in XOR-MAPPED-ADDRESS in the message, or
// back. NATs that look for addresses in packets don't find it there.
func mask(ip, message []byte) {
	for i := range ip {
		ip[i] ^= message[4+i]
	}
}
