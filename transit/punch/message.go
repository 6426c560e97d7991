package punch

import (
	"net/netip"
	"strings"

	"github.com/pion/stun/v3"
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
type id = [stun.TransactionIDSize]byte

// A message is a STUN message that was received.
type message struct {
	stun.Message
}

// parse reads a STUN message. It keeps nothing of b.
func parse(b []byte) (*message, bool) {
	if len(b) > maxMessage || !stun.IsMessage(b) {
		return nil, false
	}
	m := new(message)
	m.Raw = append(m.Raw, b...)
	if err := m.Decode(); err != nil || len(m.Raw) != 20+int(m.Length) || len(m.Attributes) > maxValues {
		return nil, false
	}
	return m, true
}

// isRequest and isAnswer say which sort of message of a check m is.
func (m *message) isRequest() bool { return m.Type == stun.BindingRequest }
func (m *message) isAnswer() bool  { return m.Type == stun.BindingSuccess }

// by reports whether m was written by the holder of key.
func (m *message) by(key []byte) bool {
	return stun.MessageIntegrity(key).Check(&m.Message) == nil
}

// mapped returns the address that an answer names.
func (m *message) mapped() (netip.AddrPort, bool) {
	var xored stun.XORMappedAddress
	if xored.GetFrom(&m.Message) == nil {
		return address(xored.IP, xored.Port)
	}
	var plain stun.MappedAddress // of servers older than RFC 5389
	if plain.GetFrom(&m.Message) == nil {
		return address(plain.IP, plain.Port)
	}
	return netip.AddrPort{}, false
}

func address(ip []byte, port int) (netip.AddrPort, bool) {
	a, ok := netip.AddrFromSlice(ip)
	if !ok || port <= 0 || port > 65535 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), true
}

// fill is an attribute that every server may ignore. PADDING of RFC 5780 isn't.
func fill(n int) stun.Setter { return stun.NewSoftware("sesame" + strings.Repeat(" ", n-6)) }

// newRequest returns what a server is asked.
func newRequest(n id) []byte {
	return build(stun.NewTransactionIDSetter(n), stun.BindingRequest, fill(requestFill), stun.Fingerprint)
}

// newCheck returns a check by the holder of key.
func newCheck(n id, key []byte) []byte {
	return build(stun.NewTransactionIDSetter(n), stun.BindingRequest, fill(checkFill), stun.MessageIntegrity(key), stun.Fingerprint)
}

// newAnswer returns the answer to a check from an address by the holder of key.
func newAnswer(n id, from netip.AddrPort, key []byte) []byte {
	seen := &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}
	return build(stun.NewTransactionIDSetter(n), stun.BindingSuccess, seen, stun.MessageIntegrity(key), stun.Fingerprint)
}

func build(parts ...stun.Setter) []byte {
	m, err := stun.Build(parts...)
	if err != nil {
		panic("punch: " + err.Error()) // only for impossible sizes
	}
	return m.Raw
}
