package punch

import (
	"net/netip"
	"strings"

	"sesame/internal/stun"
)

// Sizes in bytes (doc/native.md §9.3).
const (
	maxMessage  = 548 // read of a STUN message; more is nobody's answer to us
	maxValues   = 16  // attributes of one
	checkFill   = 20  // makes a check as long as the longest answer to one
	requestFill = 96  // makes room for what servers tell besides our address
	keySize     = 32
)

// An id is that of a STUN transaction.
type id = stun.ID

// A message is a STUN message that was received.
type message struct {
	stun.Message
}

// parse reads a STUN message. It keeps nothing of b.
func parse(b []byte) (*message, bool) {
	if len(b) > maxMessage {
		return nil, false
	}
	m, ok := stun.Parse(append([]byte(nil), b...))
	if !ok || m.Count() > maxValues {
		return nil, false
	}
	return &message{m}, true
}

// isRequest and isAnswer say which sort of message of a check m is.
func (m *message) isRequest() bool { return m.Type == stun.BindingRequest }
func (m *message) isAnswer() bool  { return m.Type == stun.BindingSuccess }

// fill appends an attribute that every server may ignore. PADDING of RFC 5780
// isn't one.
func fill(b []byte, n int) []byte {
	return stun.Append(b, stun.Software, []byte("sesame"+strings.Repeat(" ", n-6)))
}

// newRequest returns what a server is asked.
func newRequest(n id) []byte {
	return stun.AppendFingerprint(fill(stun.New(stun.BindingRequest, n), requestFill))
}

// newCheck returns a check by the holder of key.
func newCheck(n id, key []byte) []byte {
	b := fill(stun.New(stun.BindingRequest, n), checkFill)
	return stun.AppendFingerprint(stun.AppendIntegrity(b, key))
}

// newAnswer returns the answer to a check from an address by the holder of key.
func newAnswer(n id, from netip.AddrPort, key []byte) []byte {
	b := stun.AppendAddress(stun.New(stun.BindingSuccess, n), stun.XORMappedAddress, from)
	return stun.AppendFingerprint(stun.AppendIntegrity(b, key))
}
