package pake

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sizes in bytes of what the hybrid puts on the wire: ML-KEM-768 of FIPS 203,
// and what SealFirst adds to its plaintext.
const (
	EncapsulationKeySize = mlkem.EncapsulationKeySize768 // 1184
	CiphertextSize       = mlkem.CiphertextSize768       // 1088
	SealFirstOverhead    = commitmentSize + chacha20poly1305.Overhead
)

const commitmentSize = 32

// ErrHybrid is the cause when what the peer sent for the hybrid key isn't what
// an honest peer sends. It came through a channel that the phrase protects, so
// somebody who knows the phrase tampered with it; there is nothing to retry.
var ErrHybrid = errors.New("pake: the peer's post-quantum key exchange is not genuine")

// A KEM is a one-use ML-KEM-768 key pair: it serves one Hybrid.
type KEM struct {
	dk *mlkem.DecapsulationKey768 // nil once used
	ek []byte
}

// NewKEM generates a key pair.
func NewKEM() *KEM {
	dk, err := mlkem.GenerateKey768()
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	return newKEM(dk)
}

func newKEM(dk *mlkem.DecapsulationKey768) *KEM {
	return &KEM{dk: dk, ek: dk.EncapsulationKey().Bytes()}
}

// EncapsulationKey returns the EncapsulationKeySize bytes to send to the peer.
// The slice is a copy.
func (k *KEM) EncapsulationKey() []byte { return bytes.Clone(k.ek) }

// A Hybrid turns the Key of an exchange into one that stays secret as long as
// either the exchange or ML-KEM-768 holds, so that what is recorded today
// can't be read by a quantum computer of tomorrow:
//
//	first side                                    second side
//	encapsulation key  ───────────────────────►
//	                   ◄───────────────────────   encapsulation key
//	both: NewHybrid
//	Ciphertext, SealFirst(p)  ────────────────►   OpenFirst = p
//	OpenFirst = q      ◄───────────────────────   Ciphertext, SealFirst(q)
//	both: Key
//
// The encapsulation keys have to come through a channel that the exchange's Key
// protects, and be part of the transcript. The two messages below them may
// cross. That OpenFirst succeeds proves that the peer has the same Key and
// transcript and encapsulated to the key that we sent; that the peer can also open what we encapsulated shows when something under
// the hybrid's own Key arrives.
//
// A Hybrid is for one goroutine at a time.
//
// Source: doc/native.md §2.
type Hybrid struct {
	transcript [32]byte
	first      bool
	ct         []byte
	own        *KEM
	secrets    *hybridSecrets
	session    *Key // nil before OpenFirst succeeded
}

// hybridSecrets is what a Hybrid erases, each part as soon as it has been used.
type hybridSecrets struct {
	exchange [32]byte             // the exchange's key; until OpenFirst
	out      [32]byte             // what we encapsulated; until OpenFirst
	seal     [messageKeySize]byte // for SealFirst; until then
	sealed   bool
	opened   bool
}

// NewHybrid encapsulates to the peer's encapsulation key. k is the Key of the
// exchange, transcript the 32-byte hash of all that both sides have seen until
// now, the encapsulation keys included, own our key pair, and first whether our
// side comes before the peer's in the order of their names: the two have to
// have different values.
//
// The error is ErrHybrid: peerEK isn't an encapsulation key, or it is ours. A
// KEM that was used before panics, as does a transcript of another length.
func NewHybrid(k *Key, transcript []byte, own *KEM, peerEK []byte, first bool) (*Hybrid, error) {
	if bytes.Equal(peerEK, own.ek) {
		return nil, fmt.Errorf("%w: our own encapsulation key was sent back", ErrHybrid)
	}
	ek, err := mlkem.NewEncapsulationKey768(peerEK)
	if err != nil {
		return nil, fmt.Errorf("%w: invalid encapsulation key", ErrHybrid)
	}
	ss, ct := ek.Encapsulate()
	defer clear(ss)
	return newHybrid(k, transcript, own, first, ss, ct), nil
}

// newHybrid is NewHybrid with a given encapsulation.
func newHybrid(k *Key, transcript []byte, own *KEM, first bool, ss, ct []byte) *Hybrid {
	if own.dk == nil {
		panic("pake: KEM used twice")
	}
	if len(transcript) != sha256.Size {
		panic(fmt.Sprintf("pake: transcript hash of %d bytes", len(transcript)))
	}
	// The private half moves into the Hybrid.
	kem := &KEM{dk: own.dk, ek: own.ek}
	own.dk = nil
	h := &Hybrid{
		transcript: [32]byte(transcript),
		first:      first,
		ct:         ct,
		own:        kem,
		secrets:    &hybridSecrets{exchange: k.secret, out: [32]byte(ss)},
	}
	h.secrets.seal = messageKey(&h.secrets.exchange, &h.secrets.out, h.transcript[:], ct, first)
	return h
}

// Ciphertext returns the CiphertextSize bytes that travel with our first
// message. The slice is a copy.
func (h *Hybrid) Ciphertext() []byte { return bytes.Clone(h.ct) }

// SealFirst seals our first message, which is SealFirstOverhead bytes longer
// than its plaintext and opens only together with Ciphertext. Its key serves
// once: a second call panics.
func (h *Hybrid) SealFirst(plaintext []byte) []byte {
	s := h.secrets
	if s.sealed {
		panic("pake: SealFirst called twice")
	}
	s.sealed = true
	defer clear(s.seal[:])
	out := make([]byte, commitmentSize, SealFirstOverhead+len(plaintext))
	copy(out, s.seal[chacha20poly1305.KeySize:])
	// The key is used for nothing else, so the nonce can be zero.
	return firstAEAD(&s.seal).Seal(out, make([]byte, chacha20poly1305.NonceSize), plaintext, h.ct)
}

// OpenFirst opens the peer's first message, given the ciphertext that came with
// it. The error is ErrHybrid: it wasn't sealed for us, by a peer with the same
// Key and transcript. It may be called once, whatever the result, and returns
// ErrHybrid the second time.
func (h *Hybrid) OpenFirst(peerCT, sealed []byte) ([]byte, error) {
	s := h.secrets
	if s.opened {
		return nil, fmt.Errorf("%w: a second first message", ErrHybrid)
	}
	s.opened = true
	dk := h.own.dk
	h.own.dk = nil
	defer clear(s.exchange[:])
	defer clear(s.out[:])

	if bytes.Equal(peerCT, h.ct) {
		return nil, fmt.Errorf("%w: our own ciphertext was sent back", ErrHybrid)
	}
	// A forged ciphertext decapsulates to a random secret. The commitment and
	// the tag are what finds out.
	b, err := dk.Decapsulate(peerCT)
	if err != nil {
		return nil, fmt.Errorf("%w: ciphertext of %d bytes", ErrHybrid, len(peerCT))
	}
	in := [32]byte(b)
	clear(b)
	defer clear(in[:])

	key := messageKey(&s.exchange, &in, h.transcript[:], peerCT, !h.first)
	defer clear(key[:])
	if len(sealed) < SealFirstOverhead {
		return nil, fmt.Errorf("%w: message of %d bytes", ErrHybrid, len(sealed))
	}
	if subtle.ConstantTimeCompare(sealed[:commitmentSize], key[chacha20poly1305.KeySize:]) == 0 {
		return nil, fmt.Errorf("%w: message sealed with another key", ErrHybrid)
	}
	plaintext, err := firstAEAD(&key).Open(nil, make([]byte, chacha20poly1305.NonceSize), sealed[commitmentSize:], peerCT)
	if err != nil {
		return nil, fmt.Errorf("%w: damaged message", ErrHybrid)
	}
	if h.first {
		h.session = sessionKey(&s.exchange, &s.out, &in, h.transcript[:], h.ct, peerCT)
	} else {
		h.session = sessionKey(&s.exchange, &in, &s.out, h.transcript[:], peerCT, h.ct)
	}
	return plaintext, nil
}

// Key returns the hybrid session key, the same on both sides. Before OpenFirst
// has succeeded there is none, and the error is ErrHybrid.
func (h *Hybrid) Key() (*Key, error) {
	if h.session == nil {
		return nil, fmt.Errorf("%w: no genuine first message yet", ErrHybrid)
	}
	return h.session, nil
}

// Format writes a placeholder, whatever the verb.
func (h Hybrid) Format(s fmt.State, verb rune) { fmt.Fprint(s, "pake.Hybrid(secret)") }

// Format writes a placeholder, whatever the verb.
func (k KEM) Format(s fmt.State, verb rune) { fmt.Fprint(s, "pake.KEM(secret)") }

// messageKeySize is the size of what seals a first message: an AEAD key, then a
// commitment to it, because the AEAD alone lets one box open under two keys.
const messageKeySize = chacha20poly1305.KeySize + commitmentSize

// firstAEAD returns the AEAD of a message key.
func firstAEAD(key *[messageKeySize]byte) cipher.AEAD {
	a, err := chacha20poly1305.New(key[:chacha20poly1305.KeySize])
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	return a
}

// messageKey returns the key of the first message of one side (doc/native.md
// §2.2). first tells which side sealed it.
func messageKey(exchange, secret *[32]byte, transcript, ct []byte, first bool) [messageKeySize]byte {
	info := "sesame/1 message of second side"
	if first {
		info = "sesame/1 message of first side"
	}
	ikm := append(append(make([]byte, 0, 64), exchange[:]...), secret[:]...)
	defer clear(ikm)
	b, err := hkdf.Key(sha256.New, ikm, hashFields("sesame/1 hybrid message", transcript, ct), info, messageKeySize)
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	defer clear(b)
	return [messageKeySize]byte(b)
}

// sessionKey returns the session key (doc/native.md §2.3). The arguments are in
// the order of the sides, not of ours and theirs.
func sessionKey(exchange, ssFirst, ssSecond *[32]byte, transcript, ctFirst, ctSecond []byte) *Key {
	ikm := append(append(append(make([]byte, 0, 96), exchange[:]...), ssFirst[:]...), ssSecond[:]...)
	defer clear(ikm)
	b, err := hkdf.Extract(sha256.New, ikm, hashFields("sesame/1 hybrid session", transcript, ctFirst, ctSecond))
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	defer clear(b)
	return &Key{secret: [32]byte(b)}
}

// hashFields hashes a label and fields, each after its length in 8 bytes, so
// that no two lists hash the same bytes.
func hashFields(label string, fields ...[]byte) []byte {
	var size [8]byte
	d := sha256.New()
	write := func(p []byte) {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		d.Write(size[:])
		d.Write(p)
	}
	write([]byte(label))
	for _, f := range fields {
		write(f)
	}
	return d.Sum(nil)
}
