package pake

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
)

// A Key is what an exchange agreed on: 32 secret bytes from which all others
// are derived. It prints, formats, logs and marshals as a placeholder. It is
// safe for concurrent use.
//
// Source: doc/mailbox.md §5.3.
type Key struct {
	secret [32]byte
	erased bool
}

const redacted = "pake.Key(secret)"

// Derive returns size bytes for a purpose, by HKDF-SHA256 with the purpose as
// its info and no salt. Different purposes give independent keys. It panics if
// size isn't within 1 to 8160, and after Erase.
func (k *Key) Derive(purpose string, size int) []byte {
	if k.erased {
		panic("pake: a key is used after it was erased")
	}
	if size < 1 || size > 255*sha256.Size {
		panic(fmt.Sprintf("pake: can't derive %d bytes", size))
	}
	b, err := hkdf.Key(sha256.New, k.secret[:], nil, purpose, size)
	if err != nil {
		panic("pake: internal error: " + err.Error())
	}
	return b
}

// Erase overwrites the key. What was derived from it stays. It must not run beside
// another method.
func (k *Key) Erase() {
	clear(k.secret[:])
	k.erased = true
}

// Phase returns the 32-byte key that seals one mailbox message: that of a phase
// written by a side.
func (k *Key) Phase(side, phase string) []byte {
	s, p := sha256.Sum256([]byte(side)), sha256.Sum256([]byte(phase))
	return k.Derive("wormhole:phase:"+string(s[:])+string(p[:]), 32)
}

// Verifier returns 32 bytes that are safe to show: two people whose verifiers
// are equal talk to each other and to nobody in between.
func (k *Key) Verifier() []byte { return k.Derive("wormhole:verifier", 32) }

// String returns a placeholder.
func (k Key) String() string { return redacted }

// Format writes a placeholder, whatever the verb.
func (k Key) Format(s fmt.State, verb rune) { fmt.Fprint(s, redacted) }

// LogValue returns a placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns a placeholder.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
