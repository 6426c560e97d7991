package record

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/sys/cpu"

	"sesame/internal/safetext"
)

// Layout of a native record (doc/native.md §4.1):
//
//	type     1  what the plaintext is; Final ends the stream
//	length   3  big-endian, counts what follows: ciphertext and tag
//	box      n  AEAD over the plaintext, with type and length as additional data
const (
	// HeaderSize is what a native record has in front of its plaintext, in bytes.
	HeaderSize = 4
	// Overhead is by how many bytes a native record is longer than its
	// plaintext: header and tag.
	Overhead = HeaderSize + tagSize
	// MaxPayload is the largest plaintext of a native record in bytes: 256 KiB,
	// and what says where they belong.
	MaxPayload = 256<<10 + 64

	tagSize = 16
)

// Final is the type of the record that ends a direction of a native stream. It
// may have a payload like any other. The remaining types are their users' to
// define.
const Final byte = 0

// A Suite is an AEAD that seals native records. Both have keys of 32 bytes,
// nonces of 12 and tags of 16.
type Suite uint8

const (
	AES256GCM        Suite = iota + 1 // where both ends have it in hardware
	ChaCha20Poly1305                  // everywhere
)

// String returns the name that stands in negotiation messages.
func (s Suite) String() string {
	switch s {
	case AES256GCM:
		return "aes-256-gcm"
	case ChaCha20Poly1305:
		return "chacha20-poly1305"
	}
	return fmt.Sprintf("suite(%d)", uint8(s))
}

// Named returns the Suite of a name.
func Named(name string) (Suite, error) {
	for _, s := range []Suite{AES256GCM, ChaCha20Poly1305} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown AEAD %q", safetext.Line(name, 40))
}

// Fast returns what this machine is to announce, best first. AES256GCM is among
// them only where AES and carry-less multiplication are instructions: without
// those it is slow, and its tables leak the key through the cache.
func Fast() []Suite {
	if fastAES() {
		return []Suite{AES256GCM, ChaCha20Poly1305}
	}
	return []Suite{ChaCha20Poly1305}
}

// Agree returns the Suite of a session from what both ends announced. It gives
// both the same answer, whatever is in the lists and in whatever order:
// AES256GCM if both name it, otherwise ChaCha20Poly1305, which every end has.
func Agree(ours []Suite, theirs []string) Suite {
	if slices.Contains(ours, AES256GCM) && slices.Contains(theirs, AES256GCM.String()) {
		return AES256GCM
	}
	return ChaCha20Poly1305
}

// fastAES reports whether crypto/aes and crypto/cipher use instructions for all
// of AES-GCM here.
func fastAES() bool {
	switch runtime.GOARCH {
	case "amd64":
		return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSE41 && cpu.X86.HasSSSE3
	case "arm64":
		return cpu.ARM64.HasAES && cpu.ARM64.HasPMULL
	case "s390x":
		return cpu.S390X.HasAES && cpu.S390X.HasAESCTR && cpu.S390X.HasGHASH
	}
	return false
}

// aead returns the Suite's AEAD under a key of 32 bytes.
func (s Suite) aead(key []byte) cipher.AEAD {
	var a cipher.AEAD
	var err error
	switch s {
	case AES256GCM:
		var b cipher.Block
		if b, err = aes.NewCipher(key); err == nil {
			a, err = cipher.NewGCM(b)
		}
	case ChaCha20Poly1305:
		a, err = chacha20poly1305.New(key)
	default:
		panic("record: no such " + s.String())
	}
	if err != nil {
		panic("record: internal error: " + err.Error())
	}
	return a
}
