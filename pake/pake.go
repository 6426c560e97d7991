// Package pake lets two parties who share a short phrase agree on a strong key
// that nobody else learns.
//
// It is SPAKE2 in its symmetric form on the Ed25519 group, byte for byte as the
// Magic Wormhole programs have deployed it (not RFC 9382):
//
//	A                                        B
//	x random, X = x·B + w·S                  y random, Y = y·B + w·S
//	X  ───────────────────────────────────►
//	   ◄───────────────────────────────────  Y
//	K = x·(Y − w·S)                          K = y·(X − w·S)
//
// where B is the group's base point, S a fixed point of which nobody knows the
// discrete logarithm, and w is hashed from the phrase. Somebody who doesn't know
// the phrase, in the middle or as one of the parties, gets one guess for each
// exchange, and a wrong guess shows as two different keys. Agreeing doesn't
// prove that the other party has the same key: the first message that decrypts
// under it does.
//
// The package does no input or output. Operations on secrets take constant
// time.
//
// Source: doc/mailbox.md §5.
package pake

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"

	"filippo.io/edwards25519"
	"golang.org/x/text/unicode/norm"
)

// MessageSize is the length in bytes of the message that each party sends.
const MessageSize = 1 + 32

// symmetric is the first byte of every message. 'A' and 'B' mark the two roles
// of the asymmetric form, which this package doesn't speak.
const symmetric = 'S'

// elementS is the point S: hashed to the curve from the seed "symmetric", see
// doc/mailbox.md §5.1. testdata/vectors.py computes it again.
const elementS = "\x6f\x00\xda\xe8\x7c\x1b\xe1\xa7\x3b\x59\x22\xef\x43\x1c\xd8\xf5" +
	"\x78\x79\x56\x9c\x22\x2d\x22\xb1\xcd\x71\xe8\x54\x6a\xb8\xe6\xf1"

var (
	// ErrMessage says that the peer's message isn't one an honest peer sends:
	// wrong length or kind, or not the encoding of a usable point.
	ErrMessage = errors.New("pake: invalid message")
	// ErrReflected says that the peer's message is our own, sent back.
	ErrReflected = errors.New("pake: our own message was sent back")
)

// An Agreement is one party's half of agreeing on a key. It isn't safe for
// concurrent use.
type Agreement struct {
	message      [MessageSize]byte
	x            *edwards25519.Scalar // nil once used
	blind        *edwards25519.Point  // w·S
	passwordHash [32]byte
	identityHash [32]byte
}

// Start begins an Agreement under a password, the whole code, and an identity
// that both parties know, the application's id. Both are brought into Unicode
// normalisation form C, so that it doesn't matter how they were typed. Message
// returns what to send to the peer.
func Start(password, identity string) *Agreement {
	var wide [64]byte
	defer clear(wide[:])
	rand.Read(wide[:]) // never fails
	x, err := new(edwards25519.Scalar).SetUniformBytes(wide[:])
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	return start(password, identity, x)
}

// start is Start with a given secret scalar.
func start(password, identity string, x *edwards25519.Scalar) *Agreement {
	pw, id := norm.NFC.Bytes([]byte(password)), norm.NFC.Bytes([]byte(identity))
	defer clear(pw)
	s, err := new(edwards25519.Point).SetBytes([]byte(elementS))
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	w := passwordScalar(pw)
	defer erase(w)
	e := &Agreement{
		x:            x,
		blind:        s.ScalarMult(w, s),
		passwordHash: sha256.Sum256(pw),
		identityHash: sha256.Sum256(id),
	}
	sum := new(edwards25519.Point).ScalarBaseMult(x)
	sum.Add(sum, e.blind)
	e.message[0] = symmetric
	copy(e.message[1:], sum.Bytes())
	return e
}

// passwordScalar hashes a password to a scalar: 48 bytes of HKDF, taken as a
// big-endian number modulo the group's order.
func passwordScalar(pw []byte) *edwards25519.Scalar {
	h, err := hkdf.Key(sha256.New, pw, nil, "SPAKE2 pw", 48)
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	slices.Reverse(h) // SetUniformBytes reads little-endian
	var wide [64]byte
	copy(wide[:], h)
	clear(h)
	defer clear(wide[:])
	w, err := new(edwards25519.Scalar).SetUniformBytes(wide[:])
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	return w
}

// Message returns the MessageSize bytes to send to the peer. The slice is a
// copy.
func (e *Agreement) Message() []byte { return bytes.Clone(e.message[:]) }

// Finish takes the peer's message and returns the key. It succeeds with a wrong
// phrase too: then the peer's key differs. The error is ErrMessage or
// ErrReflected.
//
// It may be called once, whatever the result, and panics the second time: each
// further answer would give an attacker another guess. What is secret in e is
// erased by it.
func (e *Agreement) Finish(peer []byte) (*Key, error) {
	if e.x == nil {
		panic("pake: Finish called twice, or without Start")
	}
	x := e.x
	defer e.Erase()
	y, err := parse(peer)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(peer, e.message[:]) {
		return nil, ErrReflected
	}
	k := new(edwards25519.Point).Subtract(y, e.blind)
	k.ScalarMult(x, k)
	if isIdentity(k) {
		// Only who knows w can bring this about: a key that everybody can compute.
		return nil, ErrMessage
	}
	lo, hi := e.message[1:], peer[1:]
	if bytes.Compare(lo, hi) > 0 {
		lo, hi = hi, lo
	}
	transcript := slices.Concat(e.passwordHash[:], e.identityHash[:], lo, hi, k.Bytes())
	defer clear(transcript)
	defer k.Set(edwards25519.NewIdentityPoint())
	return &Key{secret: sha256.Sum256(transcript)}, nil
}

// Erase overwrites what is secret in e, which only Message can be used of then. It
// is for an exchange that nobody answered: Finish does it as well.
func (e *Agreement) Erase() {
	if e.x != nil {
		erase(e.x)
		e.x = nil
	}
	e.blind.Set(edwards25519.NewIdentityPoint())
	clear(e.passwordHash[:])
}

func erase(x *edwards25519.Scalar) { x.Set(edwards25519.NewScalar()) }

// parse decodes the peer's message into a point of the prime-order subgroup
// other than its identity, in its only canonical encoding.
func parse(message []byte) (*edwards25519.Point, error) {
	if len(message) != MessageSize || message[0] != symmetric {
		return nil, ErrMessage
	}
	p, err := new(edwards25519.Point).SetBytes(message[1:])
	if err != nil {
		return nil, ErrMessage
	}
	// The identity has several encodings, so compare points, not bytes.
	if isIdentity(p) || !bytes.Equal(p.Bytes(), message[1:]) || !inSubgroup(p) {
		return nil, ErrMessage
	}
	return p, nil
}

// inSubgroup reports whether p times the group's order L is the identity,
// computed as (L−1)·p + p because scalars are numbers below L.
func inSubgroup(p *edwards25519.Point) bool {
	one, err := new(edwards25519.Scalar).SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	q := new(edwards25519.Point).ScalarMult(one.Negate(one), p)
	return isIdentity(q.Add(q, p))
}

func isIdentity(p *edwards25519.Point) bool {
	return p.Equal(edwards25519.NewIdentityPoint()) == 1
}
