package transit

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"sesame/transit/record"
)

// A hello is what each side says first on a connection: a nonce, and the proof
// that it holds the session's key and has the other role (doc/native.md §3.2).
const (
	nonceSize = 16
	helloSize = nonceSize + sha256.Size
)

// laneKeys are a session's keys for its lanes.
type laneKeys struct {
	senderHello, receiverHello []byte
	lane                       []byte
	token                      []byte // for relays
}

// deriveLaneKeys takes the session's key as a function of a purpose.
func deriveLaneKeys(key func(purpose string, size int) []byte) *laneKeys {
	return &laneKeys{
		senderHello:   key("sesame/1 lane hello of sender", 32),
		receiverHello: key("sesame/1 lane hello of receiver", 32),
		lane:          key("sesame/1 lane", 32),
		token:         key(fmt.Sprintf("sesame/1 relay token %d", relayLane), 32),
	}
}

// relayLane is the number of the lane that goes through relays. There is one:
// a second would share the first one's bottleneck.
const relayLane = 0

// erase makes k unusable.
func (k *laneKeys) erase() {
	clear(k.senderHello)
	clear(k.receiverHello)
	clear(k.lane)
	clear(k.token)
}

// newHello returns a fresh hello of a role.
func (k *laneKeys) newHello(role Role) []byte {
	hello := make([]byte, nonceSize, helloSize)
	rand.Read(hello)
	return append(hello, k.proof(role, hello)...)
}

// check reports whether hello is one of a role.
func (k *laneKeys) check(role Role, hello []byte) bool {
	return hmac.Equal(hello[nonceSize:], k.proof(role, hello[:nonceSize]))
}

func (k *laneKeys) proof(role Role, nonce []byte) []byte {
	key := k.senderHello
	if role == Receiver {
		key = k.receiverHello
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(nonce)
	return mac.Sum(nil)
}

// secrets returns the secrets with which role seals and opens the records of
// the lane on which these hellos were exchanged.
func (k *laneKeys) secrets(role Role, ours, theirs []byte) (seal, open []byte) {
	s, r := ours[:nonceSize], theirs[:nonceSize]
	if role == Receiver {
		s, r = r, s
	}
	expand := func(label string) []byte {
		secret, err := hkdf.Expand(sha256.New, k.lane, label+string(s)+string(r), record.KeySize)
		if err != nil {
			panic("transit: " + err.Error()) // only for impossible sizes
		}
		return secret
	}
	seal, open = expand("sesame/1 lane from sender"), expand("sesame/1 lane from receiver")
	if role == Receiver {
		seal, open = open, seal
	}
	return seal, open
}
