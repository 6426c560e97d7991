package transit

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// KeySize is the size of a transit key in bytes.
const KeySize = 32

// derive returns the subkey of a transit key for a purpose (doc/transit.md
// §3.1).
func derive(key []byte, purpose string) []byte {
	sub, err := hkdf.Key(sha256.New, key, nil, purpose, 32)
	if err != nil {
		panic("transit: " + err.Error()) // only for impossible sizes
	}
	return sub
}

// lines are the two lines by which the sides prove to each other that they
// hold the transit key.
type lines struct {
	sender, receiver []byte
}

func deriveLines(key []byte) lines {
	return lines{
		sender:   fmt.Appendf(nil, "transit sender %x ready\n\n", derive(key, "transit_sender")),
		receiver: fmt.Appendf(nil, "transit receiver %x ready\n\n", derive(key, "transit_receiver")),
	}
}

// recordKeys returns the keys with which a role writes and reads records.
func recordKeys(key []byte, role Role) (write, read []byte) {
	s, r := derive(key, "transit_record_sender_key"), derive(key, "transit_record_receiver_key")
	if role == Leader {
		return s, r
	}
	return r, s
}
