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
	leaderHello, followerHello []byte
	lane                       []byte
	tokens                     [maxLanes][]byte // for relays, by number
}

// deriveLaneKeys takes the session's key as a function of a purpose.
func deriveLaneKeys(key func(purpose string, size int) []byte) *laneKeys {
	k := &laneKeys{
		leaderHello:   key("sesame/1 lane hello of leader", 32),
		followerHello: key("sesame/1 lane hello of follower", 32),
		lane:          key("sesame/1 lane", 32),
	}
	for n := range k.tokens {
		k.tokens[n] = key(fmt.Sprintf("sesame/1 relay token %d", n), 32)
	}
	return k
}

// erase makes k unusable.
func (k *laneKeys) erase() {
	clear(k.leaderHello)
	clear(k.followerHello)
	clear(k.lane)
	for _, token := range k.tokens {
		clear(token)
	}
}

// newHello returns a fresh hello of a role. What binds it to the connection may
// be nil: see doc/native.md §3.2.
func (k *laneKeys) newHello(role Role, binding []byte) []byte {
	hello := make([]byte, nonceSize, helloSize)
	rand.Read(hello)
	return append(hello, k.proof(role, hello, binding)...)
}

// check reports whether hello is one of a role on that connection.
func (k *laneKeys) check(role Role, hello, binding []byte) bool {
	return hmac.Equal(hello[nonceSize:], k.proof(role, hello[:nonceSize], binding))
}

func (k *laneKeys) proof(role Role, nonce, binding []byte) []byte {
	key := k.leaderHello
	if role == Follower {
		key = k.followerHello
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(nonce)
	mac.Write(binding)
	return mac.Sum(nil)
}

// secrets returns the secrets with which role seals and opens the records of
// the lane on which these hellos were exchanged.
func (k *laneKeys) secrets(role Role, ours, theirs, binding []byte) (seal, open []byte) {
	s, r := ours[:nonceSize], theirs[:nonceSize]
	if role == Follower {
		s, r = r, s
	}
	expand := func(label string) []byte {
		secret, err := hkdf.Expand(sha256.New, k.lane, label+string(s)+string(r)+string(binding), record.KeySize)
		if err != nil {
			panic("transit: " + err.Error()) // only for impossible sizes
		}
		return secret
	}
	seal, open = expand("sesame/1 lane from leader"), expand("sesame/1 lane from follower")
	if role == Follower {
		seal, open = open, seal
	}
	return seal, open
}
