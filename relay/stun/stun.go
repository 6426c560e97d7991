// Package stun answers STUN Binding requests (RFC 8489): it tells a client
// which address its packets come from, and by what it answers from the client
// learns what the NAT in front of it does (RFC 5780).
//
//	client                                                server, port A
//	Binding request, padded                ->
//	                                       <-   XOR-MAPPED-ADDRESS: you are 203.0.113.5:61002
//	                                            OTHER-ADDRESS: I have port B too
//	Binding request, CHANGE-REQUEST port   ->
//	                                       <-   the same, from port B: only if the NAT lets it in
//
// The server has one address and two ports, which is enough to tell a mapping
// that depends on the port, and filtering by port, from their absence.
//
// No answer over UDP is longer than its request, so that nobody can multiply
// traffic by it; requests are padded with PADDING. Nothing is sent to any
// other place than where the request came from. The package contains no
// cryptography: requests are never authenticated.
package stun

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"slices"
)

// Sizes in bytes.
const (
	// headerSize is the size of a message without attributes.
	headerSize = 20
	// MaxRequest is the size of the longest request that is read.
	MaxRequest = 2048
)

// cookie is in every message since RFC 5389; what has none is of RFC 3489, or
// isn't STUN.
const cookie = 0x2112A442

// Message types.
const (
	bindingRequest = 0x0001
	bindingSuccess = 0x0101
	bindingError   = 0x0111
)

// Attributes. Those below 0x8000 must be understood.
const (
	attrChangeRequest     = 0x0003
	attrErrorCode         = 0x0009
	attrUnknownAttributes = 0x000A
	attrXORMappedAddress  = 0x0020
	attrPadding           = 0x0026
	attrFingerprint       = 0x8028
	attrResponseOrigin    = 0x802B
	attrOtherAddress      = 0x802C
)

// ignored are the attributes that must be understood and say nothing to a
// server that asks nobody for a password.
var ignored = []uint16{
	0x0001, // MAPPED-ADDRESS
	0x0006, // USERNAME
	0x0008, // MESSAGE-INTEGRITY
	0x0014, // REALM
	0x0015, // NONCE
	0x001C, // MESSAGE-INTEGRITY-SHA256
	0x001D, // PASSWORD-ALGORITHM
	0x001E, // USERHASH
	attrPadding,
}

// maxUnknown is how many attributes an answer names as unknown.
const maxUnknown = 4

// A request is what a Binding request asks for.
type request struct {
	id         [12]byte
	size       int  // of the whole message
	changeIP   bool // answer from the other address
	changePort bool // answer from the other port
	unknown    [maxUnknown]uint16
	unknowns   int // how many of unknown are set
}

// parse reads a Binding request that fills b. It reports false for everything
// else, which deserves no answer.
func parse(b []byte) (r request, ok bool) {
	if len(b) < headerSize || len(b) > MaxRequest ||
		binary.BigEndian.Uint16(b) != bindingRequest ||
		binary.BigEndian.Uint32(b[4:]) != cookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-headerSize || len(b)%4 != 0 {
		return request{}, false
	}
	r.size = len(b)
	copy(r.id[:], b[8:headerSize])
	for at := headerSize; at < len(b); {
		typ, n := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		value := b[at+4:]
		if n > len(value) {
			return request{}, false
		}
		value = value[:n]
		switch {
		case typ == attrChangeRequest:
			if n != 4 {
				return request{}, false
			}
			r.changeIP, r.changePort = value[3]&4 != 0, value[3]&2 != 0
		case typ == attrFingerprint:
			// It is the last one, and covers what is before it.
			sum := crc32.ChecksumIEEE(b[:at]) ^ 0x5354554E
			return r, n == 4 && at+8 == len(b) && binary.BigEndian.Uint32(value) == sum
		case typ < 0x8000 && !slices.Contains(ignored, typ):
			r.notUnderstood(typ)
		}
		at += 4 + (n+3)&^3
	}
	return r, true
}

// notUnderstood notes an attribute for the answer.
func (r *request) notUnderstood(typ uint16) {
	if r.unknowns < maxUnknown && !slices.Contains(r.unknown[:r.unknowns], typ) {
		r.unknown[r.unknowns] = typ
		r.unknowns++
	}
}

// An origin is where an answer comes from. Either may be invalid if it isn't
// known, and other is if there is no second port.
type origin struct{ own, other netip.AddrPort }

// answer appends to b, which is empty, the answer to r from a client at from.
// It has at most limit bytes: attributes that don't fit are left out, the
// client's address first of all goes in, and if not even that fits the answer
// is an error without attributes, of 20 bytes.
func (r *request) answer(b []byte, from netip.AddrPort, o origin, limit int) []byte {
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, cookie)
	b = append(b, r.id[:]...)
	typ := uint16(bindingError)
	if r.unknowns > 0 {
		b = r.appendUnknown(b, limit)
	} else if with := appendAddress(b, attrXORMappedAddress, r.masked(from)); len(with) <= limit {
		typ, b = bindingSuccess, with
		for _, a := range []struct {
			typ  uint16
			addr netip.AddrPort
		}{{attrOtherAddress, o.other}, {attrResponseOrigin, o.own}} {
			if !a.addr.IsValid() {
				continue
			}
			if with := appendAddress(b, a.typ, a.addr); len(with) <= limit {
				b = with
			}
		}
	}
	binary.BigEndian.PutUint16(b, typ)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-headerSize))
	return b
}

// appendUnknown appends error 420 and the attributes that were not understood,
// if there is room.
func (r *request) appendUnknown(b []byte, limit int) []byte {
	with := append(b, 0, attrErrorCode, 0, 4, 0, 0, 4, 20)
	with = append(with, 0, attrUnknownAttributes, 0, byte(2*r.unknowns))
	for _, typ := range r.unknown[:r.unknowns] {
		with = binary.BigEndian.AppendUint16(with, typ)
	}
	for len(with)%4 != 0 {
		with = append(with, 0)
	}
	if len(with) > limit {
		return b
	}
	return with
}

// masked returns a as it is written in XOR-MAPPED-ADDRESS: NATs that look for
// addresses in packets don't find it there.
func (r *request) masked(a netip.AddrPort) netip.AddrPort {
	var mask [16]byte
	binary.BigEndian.PutUint32(mask[:], cookie)
	copy(mask[4:], r.id[:])
	ip := a.Addr().Unmap().AsSlice()
	for i := range ip {
		ip[i] ^= mask[i]
	}
	masked, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(masked, a.Port()^cookie>>16)
}

// appendAddress appends an attribute that holds an address.
func appendAddress(b []byte, typ uint16, a netip.AddrPort) []byte {
	ip := a.Addr().AsSlice()
	family := byte(1)
	if len(ip) == 16 {
		family = 2
	}
	b = binary.BigEndian.AppendUint16(b, typ)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(ip)))
	b = append(b, 0, family)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	return append(b, ip...)
}
