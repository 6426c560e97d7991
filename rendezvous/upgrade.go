package rendezvous

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"time"

	"sesame/pake"
)

// An upgrade is what a channel between two native sides has besides the key of
// the code: doc/native.md §2.
type upgrade struct {
	outcome *Outcome // never changes
	hybrid  *pake.Hybrid
	key     *pake.Key // nil until the peer's first message is open
	// waiting are messages of ours that need the key.
	waiting [][]byte
}

// introduce makes a native announcement of our version.
func (m *machine) introduce(version []byte, native *Native, kem *pake.KEM) {
	nonce := make([]byte, bidNonceSize)
	rand.Read(nonce) // never fails
	m.kem = kem
	m.version = announce(version, native, kem.EncapsulationKey(), nonce)
}

// negotiate decides, when both versions are in the transcript, whether the
// channel is native. No error leads back to a classic one.
func (m *machine) negotiate() error {
	if m.kem == nil {
		return nil
	}
	outcome, ek, err := negotiate(m.version, m.peerVersion)
	if outcome == nil || err != nil {
		return err
	}
	if m.side == m.peer {
		return fmt.Errorf("%w: our own side was sent back", ErrTampered)
	}
	hybrid, err := pake.NewHybrid(m.key, m.transcript.sum(), m.kem, ek, m.side < m.peer)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	m.upgrade = &upgrade{outcome: outcome, hybrid: hybrid}
	return nil
}

// mustWait reports whether our next message can't be sealed yet: there is no
// key for more than one message before the peer's first.
func (u *upgrade) mustWait(number int) bool { return u != nil && u.key == nil && number > 0 }

// first returns the plaintext of our first message.
func (u *upgrade) first(plain []byte) []byte {
	return append(u.hybrid.Ciphertext(), u.hybrid.SealFirst(pad(plain))...)
}

// openFirst opens the peer's first message, after which there is a key.
func (u *upgrade) openFirst(body []byte) ([]byte, error) {
	if len(body) < pake.CiphertextSize {
		return nil, fmt.Errorf("%w: a first message of %d bytes", ErrTampered, len(body))
	}
	plain, err := u.hybrid.OpenFirst(body[:pake.CiphertextSize], body[pake.CiphertextSize:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if u.key, err = u.hybrid.Key(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return plain, nil
}

// sealNumbered seals a numbered message of ours.
func (m *machine) sealNumbered(phase string, plain []byte) []byte {
	switch u := m.upgrade; {
	case u == nil:
		return m.seal(m.key, phase, plain)
	case phase == phaseFirst:
		return m.seal(m.key, phase, u.first(plain))
	default:
		return m.seal(u.key, phase, pad(plain))
	}
}

// openNumbered opens a numbered message of the peer, whose turn it is.
func (m *machine) openNumbered(phase string, body []byte) ([]byte, error) {
	u := m.upgrade
	key := m.key
	if u != nil && phase != phaseFirst {
		key = u.key
	}
	plain, ok := m.unseal(key, phase, body)
	if !ok {
		return nil, fmt.Errorf("%w: message %s doesn't decrypt", ErrDisturbed, phase)
	}
	if u == nil {
		return plain, nil
	}
	if phase == phaseFirst {
		var err error
		if plain, err = u.openFirst(plain); err != nil {
			return nil, err
		}
	}
	if plain, ok = unpad(plain); !ok {
		return nil, fmt.Errorf("%w: message %s has a wrong length inside", ErrTampered, phase)
	}
	return plain, nil
}

// say sends the next numbered message of ours, now or when there is a key for
// it.
func (m *machine) say(now time.Time, plain []byte) {
	if u := m.upgrade; u.mustWait(m.outbox.number) {
		u.waiting = append(u.waiting, bytes.Clone(plain))
		return
	}
	phase := m.outbox.next()
	m.post(now, phase, m.sealNumbered(phase, plain))
	m.forgetCode()
}

// forgetCode erases the key of the code when a native channel has no use for it
// any more: both first messages, which it seals too, have been made and opened. Who
// gets to read this computer's memory then can't read what was recorded before.
func (m *machine) forgetCode() {
	if u := m.upgrade; u != nil && u.key != nil && m.outbox.number > 0 {
		m.key.Erase()
	}
}

// sayWaiting sends what waited for the key.
func (m *machine) sayWaiting(now time.Time) {
	if m.upgrade == nil || m.upgrade.key == nil {
		return
	}
	waiting := m.upgrade.waiting
	m.upgrade.waiting = nil
	for _, plain := range waiting {
		m.say(now, plain)
	}
}

// unstored returns how many messages of ours no server is known to have.
func (m *machine) unstored() int {
	n := m.outbox.unstored()
	if m.upgrade != nil {
		n += len(m.upgrade.waiting)
	}
	return n
}
