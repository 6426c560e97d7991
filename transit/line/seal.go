package line

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// Sizes of keys, in bytes.
const (
	secretSize = sha256.Size
	keySize    = 16 // AES-128: what it seals is sealed by the lane's records already
	ivSize     = 12
)

// A direction is one direction's secret, from which its keys follow: another one for
// each keyPackets packets, which the number of a packet tells.
type direction struct {
	secret []byte // of the generation after next
	index  uint64 // of current
	before seal   // for packets that come late
	now    seal
	next   seal
}

// A seal is a key and what its nonces are made from.
type seal struct {
	aead cipher.AEAD // nil is none
	iv   [ivSize]byte
}

// newDirection takes the secret of the first generation, which it erases later.
func newDirection(secret []byte) *direction {
	d := &direction{secret: secret}
	d.now = d.derive()
	d.next = d.derive()
	return d
}

// derive returns the next generation's seal.
func (d *direction) derive() seal {
	key := expand(d.secret, "sesame/1 line key", keySize)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("line: " + err.Error()) // only for impossible sizes
	}
	clear(key)
	var s seal
	if s.aead, err = cipher.NewGCM(block); err != nil {
		panic("line: " + err.Error())
	}
	copy(s.iv[:], expand(d.secret, "sesame/1 line iv", ivSize))
	later := expand(d.secret, "sesame/1 line next", secretSize)
	clear(d.secret)
	d.secret = later
	return s
}

// expand is HKDF-Expand with SHA-256.
func expand(secret []byte, label string, size int) []byte {
	b, err := hkdf.Expand(sha256.New, secret, label, size)
	if err != nil {
		panic("line: " + err.Error()) // only for impossible sizes
	}
	return b
}

// of returns the seal of a packet; there is none if its number is too far away to be
// an honest one's.
func (d *direction) of(number uint64) seal {
	switch number / keyPackets {
	case d.index:
		return d.now
	case d.index + 1:
		return d.next
	case d.index - 1:
		return d.before
	}
	return seal{}
}

// used notes that a packet with that number is genuine.
func (d *direction) used(number uint64) {
	if number/keyPackets == d.index+1 {
		d.before, d.now = d.now, d.next
		d.next = d.derive()
		d.index++
	}
}

// nonce is the IV xor the number.
func (s seal) nonce(number uint64) (n [ivSize]byte) {
	n = s.iv
	binary.BigEndian.PutUint64(n[ivSize-8:], binary.BigEndian.Uint64(n[ivSize-8:])^number)
	return n
}

// seal makes a packet of the n bytes behind its header, in place. Behind those there
// must be room for the tag. It returns the packet.
func (d *direction) seal(b []byte, to uint32, number uint64, n int) []byte {
	b[0] = typeData
	binary.BigEndian.PutUint32(b[1:], to)
	put48(b[5:], number)
	s := d.of(number)
	nonce := s.nonce(number)
	s.aead.Seal(b[headerSize:headerSize], nonce[:], b[headerSize:headerSize+n], b[:headerSize])
	d.used(number)
	return b[:headerSize+n+tagSize]
}

// open opens a packet in place. It reports false if it is forged or damaged.
func (d *direction) open(b []byte) (number uint64, plain []byte, ok bool) {
	if len(b) < headerSize+tagSize || b[0] != typeData {
		return 0, nil, false
	}
	number = get48(b[5:])
	s := d.of(number)
	if s.aead == nil {
		return 0, nil, false
	}
	nonce := s.nonce(number)
	plain, err := s.aead.Open(b[headerSize:headerSize], nonce[:], b[headerSize:], b[:headerSize])
	if err != nil {
		return 0, nil, false
	}
	d.used(number)
	return number, plain, true
}

// An end is what one end of a connection seals and opens with.
type end struct {
	out, in *direction
	binding []byte
}

// newEnd derives an end's secrets from the session's key and the nonces of both.
func newEnd(key []byte, dialled bool, dialler, acceptor nonce) end {
	prk, err := hkdf.Extract(sha256.New, key, append(dialler[:], acceptor[:]...))
	if err != nil {
		panic("line: " + err.Error())
	}
	defer clear(prk)
	out := newDirection(expand(prk, "sesame/1 line from dialler", secretSize))
	in := newDirection(expand(prk, "sesame/1 line from acceptor", secretSize))
	if !dialled {
		out, in = in, out
	}
	return end{out: out, in: in, binding: expand(prk, "sesame/1 line binding", bindingSize)}
}
