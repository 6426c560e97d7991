package rendezvous

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/crypto/nacl/secretbox"

	"sesame/pake"
)

const (
	phasePake    = "pake"
	phaseVersion = "version"
	phaseFirst   = "0"
)

// maxVersion is the largest version message in bytes.
const maxVersion = 64 << 10

// overhead is what sealing adds to a message: nonce and tag.
const overhead = 24 + secretbox.Overhead

type pakeMessage struct {
	V1 *string `json:"pake_v1"`
}

func (m *machine) pakeBody() []byte {
	v1 := hex.EncodeToString(m.agreement.Message())
	body, err := json.Marshal(pakeMessage{&v1})
	if err != nil {
		panic("rendezvous: internal error: " + err.Error())
	}
	m.transcript.add(m.side, body)
	return body
}

// answer computes the key from the first pake of another side. This is the one
// guess that somebody without the code has: later ones are ignored.
func (m *machine) answer(now time.Time, side string, body []byte) {
	m.peer = side
	var p pakeMessage
	if err := json.Unmarshal(body, &p); err != nil || p.V1 == nil {
		m.fail(now, fmt.Errorf("%w: no key exchange in the other side's first message", ErrWrongCode), Scary)
		return
	}
	element, err := hex.DecodeString(*p.V1)
	if err != nil {
		m.fail(now, fmt.Errorf("%w: the other side's key exchange isn't hexadecimal", ErrWrongCode), Scary)
		return
	}
	if m.key, err = m.agreement.Finish(element); err != nil {
		m.fail(now, fmt.Errorf("%w: %w", ErrWrongCode, err), Scary)
		return
	}
	m.verifier = m.key.Verifier()
	m.stage = agreed
	m.versionBy, m.agreedBy, m.quietBy = now.Add(waitVersion), now.Add(waitAgreed), now.Add(waitQuiet)
	m.transcript.add(m.side, m.version)
	m.transcript.add(side, body)
	m.release()
	m.post(now, phaseVersion, m.seal(m.key, phaseVersion, m.version))
	early := m.early
	m.early = nil
	for _, msg := range early {
		if m.stage <= confirmed {
			m.message(now, msg)
		}
	}
}

// confirm takes the peer's version. If it decrypts, the peer has the code.
func (m *machine) confirm(now time.Time, body []byte) {
	version, ok := m.unseal(m.key, phaseVersion, body)
	if !ok {
		m.fail(now, ErrWrongCode, Scary)
		return
	}
	if first := bytes.TrimLeft(version, " \t\r\n"); len(version) > maxVersion || !json.Valid(version) || first[0] != '{' {
		m.fail(now, fmt.Errorf("%w: the other side's version isn't a JSON object", ErrMalformed), Errory)
		return
	}
	m.peerVersion = version
	m.transcript.add(m.peer, version)
	if err := m.negotiate(); err != nil {
		m.fail(now, err, Scary)
		return
	}
	m.stage = confirmed
	m.hopping, m.viaName = false, false
	m.versionBy, m.onlineBy, m.agreedBy, m.hopBy, m.quietBy = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	m.deliver(now)
}

// number takes a numbered message of the peer.
func (m *machine) number(now time.Time, n int, body []byte) {
	if !m.inbox.put(n, body) {
		m.fail(now, fmt.Errorf("%w: more messages than can be kept", ErrDisturbed), Errory)
		return
	}
	if m.stage == confirmed {
		m.deliver(now)
	}
}

// deliver opens the messages whose turn it is. Each has its number in its key,
// so the server can't reorder them.
func (m *machine) deliver(now time.Time) {
	for {
		phase, body, ok := m.inbox.turn()
		if !ok {
			break
		}
		plain, err := m.openNumbered(phase, body)
		if err != nil {
			m.fail(now, err, Scary)
			return
		}
		m.inbox.pass(plain)
		m.sayWaiting(now)
		m.forgetCode()
		m.gapBy = time.Time{}
	}
	switch {
	case !m.inbox.gap():
		m.gapBy = time.Time{}
	case m.gapBy.IsZero():
		m.gapBy = now.Add(waitGap)
	}
}

// seal seals a phase of ours under k: doc/mailbox.md §5.4.
func (m *machine) seal(k *pake.Key, phase string, plain []byte) []byte {
	key := [32]byte(k.Phase(m.side, phase))
	var nonce [24]byte
	rand.Read(nonce[:]) // never fails
	return secretbox.Seal(nonce[:], plain, &nonce, &key)
}

// unseal opens a phase of the peer.
func (m *machine) unseal(k *pake.Key, phase string, body []byte) ([]byte, bool) {
	if len(body) < overhead {
		return nil, false
	}
	key := [32]byte(k.Phase(m.peer, phase))
	nonce := [24]byte(body)
	return secretbox.Open(nil, body[len(nonce):], &nonce, &key)
}

// maxMessage is the largest message in bytes. It fits into a body, also padded
// and as the first one of a native channel.
const maxMessage = 240 << 10
