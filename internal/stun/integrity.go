package stun

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
)

// integritySize is that of MESSAGE-INTEGRITY with its header.
const integritySize = 4 + sha1.Size

// AppendIntegrity appends the proof that the message so far was written by
// somebody who has key. It is HMAC-SHA1, which RFC 8445 has all peers use;
// what broke SHA-1 doesn't concern it. Only FINGERPRINT may follow.
func AppendIntegrity(message, key []byte) []byte {
	setLength(message, len(message)+integritySize) // the proof covers the length with it
	return Append(message, MessageIntegrity, proof(message, key))
}

// By reports whether m was written by somebody who has key, and not changed
// since. A message without a proof was not.
func (m Message) By(key []byte) bool {
	if m.integrity == 0 {
		return false
	}
	at := m.integrity
	if _, n := header(m.raw[at:]); n != sha1.Size {
		return false
	}
	covered := bytes.Clone(m.raw[:at]) // m.raw may be read by others
	binary.BigEndian.PutUint16(covered[2:], uint16(at+integritySize-HeaderSize))
	return hmac.Equal(proof(covered, key), m.raw[at+4:at+integritySize])
}

func proof(covered, key []byte) []byte {
	mac := hmac.New(sha1.New, key)
	mac.Write(covered)
	return mac.Sum(nil)
}
