package record

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// How much is sealed under one key before the next one replaces it (doc/native.md
// §4.3). Both are far below what the AEADs allow; what a key has sealed stays
// closed to who finds a later one in memory.
const (
	epochRecords = 1 << 20  // records
	epochBytes   = 16 << 30 // bytes of ciphertext and tags
)

// aeadKeys are the keys of one direction, and where it is in them. Sealer and
// Opener step through the same ones, record by record, without a word about it
// on the wire.
type aeadKeys struct {
	suite Suite
	aead  cipher.AEAD
	iv    [12]byte
	nonce [12]byte
	next  [KeySize]byte // the secret after this one

	records, bytes       uint64 // sealed under this secret
	maxRecords, maxBytes uint64
}

// start begins with the first secret, which is neither changed nor kept.
func (k *aeadKeys) start(s Suite, secret []byte) {
	if len(secret) != KeySize {
		panic(fmt.Sprintf("record: secret of %d bytes, want %d", len(secret), KeySize))
	}
	k.suite, k.maxRecords, k.maxBytes = s, epochRecords, epochBytes
	k.install(secret)
}

// install begins the epoch of a secret, of which nothing is kept but what is
// derived from it.
func (k *aeadKeys) install(secret []byte) {
	expand := func(dst []byte, label string) {
		b, err := hkdf.Expand(sha256.New, secret, label, len(dst))
		if err != nil {
			panic("record: internal error: " + err.Error())
		}
		copy(dst, b)
		clear(b)
	}
	var key [32]byte
	expand(key[:], "sesame/1 record key "+k.suite.String())
	expand(k.iv[:], "sesame/1 record iv "+k.suite.String())
	expand(k.next[:], "sesame/1 record rekey")
	k.aead = k.suite.aead(key[:])
	clear(key[:])
	k.records, k.bytes = 0, 0
}

// current returns the nonce of the current record, valid until the next call:
// the iv with the record's number, big-endian, XORed into its last 8 bytes.
func (k *aeadKeys) current() []byte {
	k.nonce = k.iv
	tail := k.nonce[4:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^k.records)
	return k.nonce[:]
}

// advance goes on to the next record, after one whose header said length.
func (k *aeadKeys) advance(length int) {
	k.records++
	k.bytes += uint64(length)
	if k.records >= k.maxRecords || k.bytes >= k.maxBytes {
		secret := k.next
		k.install(secret[:])
		clear(secret[:])
	}
}
