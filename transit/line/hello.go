package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// First bytes of packets. STUN has two zero bits there, and QUIC the second one set.
const (
	typeData  = 0x90
	typeHello = 0x91
	typeReply = 0x92
)

// Sizes of the packets that aren't sealed, and of what is in them. A reply isn't longer
// than a hello, so that nobody can have us send more to a victim than he sends himself.
const (
	nonceSize = 16
	proofSize = 16
	helloSize = smallest
	helloBody = 1 + 4 + nonceSize + 1
	replyBody = 1 + 4 + 4 + 1 + nonceSize
	replySize = replyBody + proofSize

	// bindingSize is what Conn.Binding returns.
	bindingSize = 32
)

type nonce [nonceSize]byte

// A hello begins a connection.
type hello struct {
	from  uint32 // the dialler's ID
	nonce nonce
	try   byte // which of several: its reply says the same, and so tells the RTT
}

// A reply answers a hello.
type reply struct {
	to, from uint32
	try      byte
	nonce    nonce
}

// proof is what only those have who have the session's key.
func proof(key []byte, label string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(label))
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)[:proofSize]
}

const (
	helloLabel = "sesame/1 line hello"
	replyLabel = "sesame/1 line reply"
)

// packet returns a hello as it is sent.
func (h hello) packet(key []byte) []byte {
	b := make([]byte, helloSize)
	b[0] = typeHello
	binary.BigEndian.PutUint32(b[1:], h.from)
	copy(b[5:], h.nonce[:])
	b[21] = h.try
	copy(b[helloSize-proofSize:], proof(key, helloLabel, b[:helloSize-proofSize]))
	return b
}

// readHello reports false if b is no hello of somebody who has the key.
func readHello(b, key []byte) (h hello, ok bool) {
	if len(b) != helloSize || b[0] != typeHello ||
		!hmac.Equal(proof(key, helloLabel, b[:helloSize-proofSize]), b[helloSize-proofSize:]) {
		return h, false
	}
	return hello{from: binary.BigEndian.Uint32(b[1:]), nonce: nonce(b[5:21]), try: b[21]}, true
}

// packet returns a reply as it is sent to a dialler with that nonce.
func (r reply) packet(key []byte, to nonce) []byte {
	b := make([]byte, replySize)
	b[0] = typeReply
	binary.BigEndian.PutUint32(b[1:], r.to)
	binary.BigEndian.PutUint32(b[5:], r.from)
	b[9] = r.try
	copy(b[10:], r.nonce[:])
	copy(b[replyBody:], proof(key, replyLabel, b[:replyBody], to[:]))
	return b
}

// addressee returns the ID of the connection that a packet is for, of any type but a
// hello.
func addressee(b []byte) (id uint32, ok bool) {
	if len(b) < headerSize || b[0] != typeData && b[0] != typeReply {
		return 0, false
	}
	return binary.BigEndian.Uint32(b[1:]), true
}

// readReply reports false if b isn't the reply of somebody who has the key to a hello
// with that nonce.
func readReply(b, key []byte, to nonce) (r reply, ok bool) {
	if len(b) != replySize || b[0] != typeReply || !hmac.Equal(proof(key, replyLabel, b[:replyBody], to[:]), b[replyBody:]) {
		return r, false
	}
	return reply{
		to: binary.BigEndian.Uint32(b[1:]), from: binary.BigEndian.Uint32(b[5:]), try: b[9], nonce: nonce(b[10:replyBody]),
	}, true
}
