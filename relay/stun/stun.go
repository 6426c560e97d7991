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
	"net/netip"
	"slices"

	"sesame/internal/stun"
)

// MaxRequest is the size in bytes of the longest request that is read.
const MaxRequest = 2048

// ignored are the attributes that must be understood and say nothing to a
// server that asks nobody for a password.
var ignored = []stun.Attribute{
	stun.MappedAddress, stun.Username, stun.MessageIntegrity, stun.Realm, stun.Nonce,
	stun.IntegritySHA256, stun.PasswordAlgorithm, stun.UserHash, stun.Padding,
}

// maxUnknown is how many attributes an answer names as unknown.
const maxUnknown = 4

// A request is what a Binding request asks for.
type request struct {
	id         stun.ID
	size       int  // of the whole message
	changeIP   bool // answer from the other address
	changePort bool // answer from the other port
	unknown    [maxUnknown]stun.Attribute
	unknowns   int // how many of unknown are set
}

// parse reads a Binding request that fills b. It reports false for everything
// else, which deserves no answer.
func parse(b []byte) (r request, ok bool) {
	if len(b) > MaxRequest {
		return request{}, false
	}
	m, ok := stun.Parse(b)
	if !ok || m.Type != stun.BindingRequest {
		return request{}, false
	}
	r.id, r.size = m.ID, len(b)
	for a, value := range m.All() {
		switch {
		case a == stun.ChangeRequest:
			if len(value) != 4 {
				return request{}, false
			}
			r.changeIP, r.changePort = value[3]&4 != 0, value[3]&2 != 0
		case a.MustUnderstand() && !slices.Contains(ignored, a):
			r.notUnderstood(a)
		}
	}
	return r, true
}

// notUnderstood notes an attribute for the answer.
func (r *request) notUnderstood(a stun.Attribute) {
	if r.unknowns < maxUnknown && !slices.Contains(r.unknown[:r.unknowns], a) {
		r.unknown[r.unknowns] = a
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
	b = stun.Begin(b, stun.BindingError, r.id)
	if r.unknowns > 0 {
		return r.appendUnknown(b, limit)
	}
	bare := len(b)
	b = appendWithin(b, limit, stun.XORMappedAddress, from)
	if len(b) == bare {
		return b
	}
	stun.SetType(b, stun.BindingSuccess)
	b = appendWithin(b, limit, stun.OtherAddress, o.other)
	return appendWithin(b, limit, stun.ResponseOrigin, o.own)
}

// appendWithin appends an address, if it is valid and there is room.
func appendWithin(b []byte, limit int, a stun.Attribute, at netip.AddrPort) []byte {
	if !at.IsValid() {
		return b
	}
	size := len(b)
	if b = stun.AppendAddress(b, a, at); len(b) > limit {
		b = stun.Truncate(b, size)
	}
	return b
}

// tells reports whether an answer tells an address, and isn't an error.
func tells(answer []byte) bool { return binary.BigEndian.Uint16(answer) == uint16(stun.BindingSuccess) }

// appendUnknown appends error 420 and the attributes that were not understood,
// if there is room.
func (r *request) appendUnknown(b []byte, limit int) []byte {
	size := len(b)
	b = stun.Append(b, stun.ErrorCode, []byte{0, 0, 4, 20})
	var names [2 * maxUnknown]byte
	for i, a := range r.unknown[:r.unknowns] {
		names[2*i], names[2*i+1] = byte(a>>8), byte(a)
	}
	b = stun.Append(b, stun.UnknownAttributes, names[:2*r.unknowns])
	if len(b) > limit {
		b = stun.Truncate(b, size)
	}
	return b
}
