package pake

import (
	"bytes"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// A meeting is two sides that have exchanged encapsulation keys.
type meeting struct {
	key           *Key
	transcript    []byte
	kem1, kem2    *KEM
	first, second *Hybrid
}

func fill(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// meet brings two sides to the point where both have encapsulated.
func meet(t testing.TB) *meeting {
	t.Helper()
	m := &meeting{key: &Key{secret: [32]byte(fill(1))}, transcript: fill(2), kem1: NewKEM(), kem2: NewKEM()}
	m.first = hybrid(t, m.key, m.transcript, m.kem1, m.kem2.EncapsulationKey(), true)
	m.second = hybrid(t, m.key, m.transcript, m.kem2, m.kem1.EncapsulationKey(), false)
	return m
}

func hybrid(t testing.TB, k *Key, transcript []byte, own *KEM, ek []byte, first bool) *Hybrid {
	t.Helper()
	h, err := NewHybrid(k, transcript, own, ek, first)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func refused(t testing.TB, what string, b []byte, err error) {
	t.Helper()
	if !errors.Is(err, ErrHybrid) || b != nil {
		t.Errorf("%s: got %q, error %v; want ErrHybrid", what, b, err)
	}
}

func sessionOf(t testing.TB, h *Hybrid) *Key {
	t.Helper()
	k, err := h.Key()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestHybridRoundTrip(t *testing.T) {
	for _, size := range []int{0, 1, 100, 32 << 10} {
		m := meet(t)
		p1, p2 := bytes.Repeat([]byte("a"), size), bytes.Repeat([]byte("b"), size)
		// The second side opens before it seals, the first seals before it opens.
		s1 := m.first.SealFirst(p1)
		got1, err := m.second.OpenFirst(m.first.Ciphertext(), s1)
		if err != nil || !bytes.Equal(got1, p1) {
			t.Fatalf("%d bytes to the second side: %v", size, err)
		}
		s2 := m.second.SealFirst(p2)
		got2, err := m.first.OpenFirst(m.second.Ciphertext(), s2)
		if err != nil || !bytes.Equal(got2, p2) {
			t.Fatalf("%d bytes to the first side: %v", size, err)
		}
		if len(s1) != size+SealFirstOverhead || len(m.first.Ciphertext()) != CiphertextSize || len(m.kem1.EncapsulationKey()) != EncapsulationKeySize {
			t.Errorf("sizes %d, %d, %d", len(s1), len(m.first.Ciphertext()), len(m.kem1.EncapsulationKey()))
		}
		k1, k2 := sessionOf(t, m.first), sessionOf(t, m.second)
		if k1.secret != k2.secret {
			t.Error("the sides have different session keys")
		}
		if k1.secret == m.key.secret || k1.secret == [32]byte{} {
			t.Error("the session key isn't a new one")
		}
	}
}

func TestHybridKeysAreFresh(t *testing.T) {
	seen := make(map[[32]byte]bool)
	for range 3 { // everything equal but the key pairs
		m := meet(t)
		if _, err := m.second.OpenFirst(m.first.Ciphertext(), m.first.SealFirst(nil)); err != nil {
			t.Fatal(err)
		}
		k := sessionOf(t, m.second).secret
		if seen[k] {
			t.Fatal("session key repeats")
		}
		seen[k] = true
	}
}

func TestHybridErases(t *testing.T) {
	m := meet(t)
	if m.kem1.dk != nil || m.kem2.dk != nil {
		t.Error("the key pair can be used again")
	}
	s := m.first.SealFirst([]byte("x"))
	if _, err := m.second.OpenFirst(m.first.Ciphertext(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := m.first.OpenFirst(make([]byte, CiphertextSize), make([]byte, 100)); err == nil {
		t.Fatal("forged message opened")
	}
	if m.first.secrets.seal != [messageKeySize]byte{} {
		t.Error("message key left")
	}
	for _, h := range []*Hybrid{m.first, m.second} { // one failed, one succeeded
		if h.secrets.exchange != [32]byte{} || h.secrets.out != [32]byte{} || h.own.dk != nil {
			t.Error("secrets left after OpenFirst")
		}
	}
	// What is left still seals.
	if _, err := m.first.Key(); !errors.Is(err, ErrHybrid) {
		t.Errorf("Key after a forged message: %v", err)
	}
	if len(m.second.SealFirst(nil)) != SealFirstOverhead {
		t.Error("SealFirst after OpenFirst")
	}
}

func TestHybridPrintsNoSecret(t *testing.T) {
	m := meet(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{m.first, *m.first, m.kem1, *m.kem1} {
			if out := fmt.Sprintf(verb, v); !strings.HasSuffix(out, "(secret)") {
				t.Errorf("%s prints %q", verb, out)
			}
		}
	}
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}

func TestHybridMisuse(t *testing.T) {
	m := meet(t)
	m.first.SealFirst(nil)
	mustPanic(t, "SealFirst twice", func() { m.first.SealFirst(nil) })
	mustPanic(t, "KEM twice", func() { NewHybrid(m.key, m.transcript, m.kem1, NewKEM().EncapsulationKey(), true) })
	mustPanic(t, "short transcript", func() { NewHybrid(m.key, nil, NewKEM(), NewKEM().EncapsulationKey(), true) })
}

func TestHybridRefusesEncapsulationKey(t *testing.T) {
	own := NewKEM()
	good := NewKEM().EncapsulationKey()
	high := bytes.Clone(good) // a coefficient of 4095, above the modulus 3329
	high[0], high[1] = 0xff, high[1]|0x0f
	for _, c := range []struct {
		name string
		ek   []byte
	}{
		{"none", nil},
		{"short", good[:EncapsulationKeySize-1]},
		{"long", append(bytes.Clone(good), 0)},
		{"not reduced", high},
		{"all ones", bytes.Repeat([]byte{0xff}, EncapsulationKeySize)},
		{"reflected", own.EncapsulationKey()},
	} {
		h, err := NewHybrid(&Key{}, fill(0), own, c.ek, true)
		if h != nil || !errors.Is(err, ErrHybrid) {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	hybrid(t, &Key{}, fill(0), own, good, true) // not used up by the refusals
}

func TestHybridRefusesMessage(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(m *meeting, ct, sealed []byte) ([]byte, error)
	}{
		{"no ciphertext", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(nil, s) }},
		{"short ciphertext", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(ct[1:], s) }},
		{"long ciphertext", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(append(ct, 0), s) }},
		{"reflected ciphertext", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(m.first.Ciphertext(), s) }},
		{"reflected message", func(m *meeting, ct, s []byte) ([]byte, error) {
			return m.first.OpenFirst(m.first.Ciphertext(), m.first.SealFirst([]byte("q")))
		}},
		{"our message under the peer's ciphertext", func(m *meeting, ct, s []byte) ([]byte, error) {
			return m.first.OpenFirst(ct, m.first.SealFirst([]byte("q")))
		}},
		{"no message", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(ct, nil) }},
		{"commitment only", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(ct, s[:commitmentSize]) }},
		{"cut", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(ct, s[:len(s)-1]) }},
		{"longer", func(m *meeting, ct, s []byte) ([]byte, error) { return m.first.OpenFirst(ct, append(s, 0)) }},
		{"message of another meeting", func(m *meeting, ct, s []byte) ([]byte, error) {
			other := meet(t)
			return m.first.OpenFirst(other.second.Ciphertext(), other.second.SealFirst([]byte("q")))
		}},
		{"peer with the same role", func(m *meeting, ct, s []byte) ([]byte, error) {
			kem := NewKEM()
			first := hybrid(t, m.key, m.transcript, kem, NewKEM().EncapsulationKey(), true)
			peer := hybrid(t, m.key, m.transcript, NewKEM(), kem.EncapsulationKey(), true)
			return first.OpenFirst(peer.Ciphertext(), peer.SealFirst([]byte("q")))
		}},
		{"peer with another transcript", func(m *meeting, ct, s []byte) ([]byte, error) {
			kem := NewKEM()
			first := hybrid(t, m.key, m.transcript, kem, NewKEM().EncapsulationKey(), true)
			peer := hybrid(t, m.key, fill(3), NewKEM(), kem.EncapsulationKey(), false)
			return first.OpenFirst(peer.Ciphertext(), peer.SealFirst([]byte("q")))
		}},
		{"peer with another exchange key", func(m *meeting, ct, s []byte) ([]byte, error) {
			kem := NewKEM()
			first := hybrid(t, m.key, m.transcript, kem, NewKEM().EncapsulationKey(), true)
			peer := hybrid(t, &Key{}, m.transcript, NewKEM(), kem.EncapsulationKey(), false)
			return first.OpenFirst(peer.Ciphertext(), peer.SealFirst([]byte("q")))
		}},
	} {
		m := meet(t)
		p, err := c.open(m, m.second.Ciphertext(), m.second.SealFirst([]byte("q")))
		refused(t, c.name, p, err)
		if k, err := m.first.Key(); k != nil || !errors.Is(err, ErrHybrid) {
			t.Errorf("%s: Key gives %v, %v", c.name, k, err)
		}
	}
}

func TestHybridOpensOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		flip byte
	}{{"after success", 0}, {"after failure", 1}} {
		m := meet(t)
		ct, s := m.second.Ciphertext(), m.second.SealFirst([]byte("q"))
		bad := bytes.Clone(s)
		bad[0] ^= c.flip
		if _, err := m.first.OpenFirst(ct, bad); (err != nil) != (c.flip != 0) {
			t.Fatalf("%s: %v", c.name, err)
		}
		p, err := m.first.OpenFirst(ct, s)
		refused(t, c.name, p, err)
	}
}

// TestHybridBitFlips changes each byte that travels, one bit of it, and expects
// that the side which receives the change, or the one that receives what was
// made of it, refuses.
func TestHybridBitFlips(t *testing.T) {
	key, transcript := &Key{secret: [32]byte(fill(1))}, fill(2)
	dk, err := mlkem.GenerateKey768()
	if err != nil {
		t.Fatal(err)
	}
	own, peer := newKEM(dk), NewKEM()

	t.Run("encapsulation key", func(t *testing.T) {
		for i := range EncapsulationKeySize {
			ek := own.EncapsulationKey()
			ek[i] ^= 1 << (i % 8)
			h, err := NewHybrid(key, transcript, NewKEM(), ek, false)
			if err != nil {
				refused(t, fmt.Sprint(i), nil, err)
				continue
			}
			receiver := newHybrid(key, transcript, newKEM(dk), true, fill(0), nil)
			p, err := receiver.OpenFirst(h.Ciphertext(), h.SealFirst([]byte("q")))
			refused(t, fmt.Sprint(i), p, err)
		}
	})

	h := hybrid(t, key, transcript, peer, own.EncapsulationKey(), false)
	ct, sealed := h.Ciphertext(), h.SealFirst([]byte("the offer"))
	open := func(ct, sealed []byte) ([]byte, error) {
		return newHybrid(key, transcript, newKEM(dk), true, fill(0), nil).OpenFirst(ct, sealed)
	}
	if p, err := open(ct, sealed); err != nil || string(p) != "the offer" {
		t.Fatalf("unchanged: %v", err)
	}
	t.Run("ciphertext", func(t *testing.T) {
		for i := range ct {
			bad := bytes.Clone(ct)
			bad[i] ^= 1 << (i % 8)
			p, err := open(bad, sealed)
			refused(t, fmt.Sprint(i), p, err)
		}
	})
	t.Run("sealed", func(t *testing.T) {
		for i := range 8 * len(sealed) {
			bad := bytes.Clone(sealed)
			bad[i/8] ^= 1 << (i % 8)
			p, err := open(ct, bad)
			refused(t, fmt.Sprint(i), p, err)
		}
	})
}

// TestHybridCommits builds a message whose box opens but whose commitment is
// another key's, as who crafts one box for two keys would have to.
func TestHybridCommits(t *testing.T) {
	m := meet(t)
	sealed := m.second.SealFirst([]byte("q"))
	other := meet(t).second.SealFirst([]byte("q"))
	p, err := m.first.OpenFirst(m.second.Ciphertext(), append(other[:commitmentSize:commitmentSize], sealed[commitmentSize:]...))
	refused(t, "foreign commitment", p, err)
}

// A recording is all that an eavesdropper sees of the hybrid, and the sealed
// test message under the session key that follows it.
type recording struct {
	transcript             []byte
	ct1, ct2               []byte
	sealed1, sealed2, data []byte
}

// An oracle has broken parts of the cryptography. It tries to read a recording
// with the secrets it got, by the written-down schedule, and returns how many
// of the three messages it could read.
func oracle(r *recording, exchange, ss1, ss2 []byte) int {
	read := 0
	try := func(ss, ct, sealed []byte, side string) {
		key, _ := hkdf.Key(sha256.New, append(bytes.Clone(exchange), ss...), hashFields("sesame/1 hybrid message", r.transcript, ct), "sesame/1 message of "+side+" side", 64)
		a, _ := chacha20poly1305.New(key[:32])
		if _, err := a.Open(nil, make([]byte, 12), sealed[32:], ct); err == nil {
			read++
		}
	}
	try(ss1, r.ct1, r.sealed1, "first")
	try(ss2, r.ct2, r.sealed2, "second")
	session, _ := hkdf.Extract(sha256.New, append(append(bytes.Clone(exchange), ss1...), ss2...), hashFields("sesame/1 hybrid session", r.transcript, r.ct1, r.ct2))
	key := (&Key{secret: [32]byte(session)}).Derive("sesame/1 test", 32)
	a, _ := chacha20poly1305.New(key)
	if _, err := a.Open(nil, make([]byte, 12), r.data, nil); err == nil {
		read++
	}
	return read
}

// TestHybridAgainstRecorder: who has recorded everything and later breaks
// either the exchange or ML-KEM, but not both, reads nothing.
func TestHybridAgainstRecorder(t *testing.T) {
	m := meet(t)
	ss1, ss2 := m.first.secrets.out[:], m.second.secrets.out[:]
	ss1, ss2 = bytes.Clone(ss1), bytes.Clone(ss2)
	ek1, ek2 := m.kem1.EncapsulationKey(), m.kem2.EncapsulationKey()
	exchange := m.key.secret[:]

	r := &recording{transcript: m.transcript, ct1: m.first.Ciphertext(), ct2: m.second.Ciphertext()}
	r.sealed1, r.sealed2 = m.first.SealFirst([]byte("offer")), m.second.SealFirst([]byte("answer"))
	if _, err := m.first.OpenFirst(r.ct2, r.sealed2); err != nil {
		t.Fatal(err)
	}
	if _, err := m.second.OpenFirst(r.ct1, r.sealed1); err != nil {
		t.Fatal(err)
	}
	a, err := chacha20poly1305.New(sessionOf(t, m.first).Derive("sesame/1 test", 32))
	if err != nil {
		t.Fatal(err)
	}
	r.data = a.Seal(nil, make([]byte, 12), []byte("file"), nil)

	random := func() []byte { b := make([]byte, 32); rand.Read(b); return b }
	encapsulateTo := func(ek []byte) []byte {
		k, err := mlkem.NewEncapsulationKey768(ek)
		if err != nil {
			t.Fatal(err)
		}
		ss, _ := k.Encapsulate()
		return ss
	}
	decapsulate := func(ct []byte) []byte { // with a key pair of the recorder
		ss, err := NewKEM().dk.Decapsulate(ct)
		if err != nil {
			t.Fatal(err)
		}
		return ss
	}
	for _, c := range []struct {
		name               string
		exchange, ss1, ss2 []byte
		reads              int
	}{
		{"has everything (the oracle works)", exchange, ss1, ss2, 3},
		{"exchange key alone", exchange, fill(0), fill(0), 0},
		{"exchange key, exchange key as secrets", exchange, exchange, exchange, 0},
		{"exchange key, own encapsulations", exchange, encapsulateTo(ek2), encapsulateTo(ek1), 0},
		{"exchange key, own decapsulations", exchange, decapsulate(r.ct1), decapsulate(r.ct2), 0},
		{"exchange key, secrets exchanged", exchange, ss2, ss1, 0},
		{"exchange key, first secret", exchange, ss1, random(), 1},
		{"exchange key, second secret", exchange, random(), ss2, 1},
		{"both ML-KEM secrets alone", fill(0), ss1, ss2, 0},
		{"both ML-KEM secrets, wrong exchange key", random(), ss1, ss2, 0},
	} {
		if got := oracle(r, c.exchange, c.ss1, c.ss2); got != c.reads {
			t.Errorf("%s: reads %d of 3, want %d", c.name, got, c.reads)
		}
	}
}

func TestVectorsHybrid(t *testing.T) {
	for _, v := range vectors(t, "hybrid.txt") {
		t.Run(v["name"], func(t *testing.T) {
			get := func(name string) []byte { return unhex(t, v[name]) }
			k0, th := [32]byte(get("exchange-key")), get("transcript")
			ss1, ss2 := [32]byte(get("first-secret")), [32]byte(get("second-secret"))
			ct1, ct2 := get("first-ct"), get("second-ct")
			equal := func(name string, got []byte) {
				t.Helper()
				if hex.EncodeToString(got) != v[name] {
					t.Errorf("%s = %x, want %s", name, got, v[name])
				}
			}
			m1, m2 := messageKey(&k0, &ss1, th, ct1, true), messageKey(&k0, &ss2, th, ct2, false)
			equal("first-message-key", m1[:])
			equal("second-message-key", m2[:])
			k := sessionKey(&k0, &ss1, &ss2, th, ct1, ct2)
			equal("session-key", k.secret[:])
			equal("session-derived", k.Derive(string(get("session-purpose")), 42))

			side := func(seed string, first bool, ss, ct []byte) *Hybrid {
				dk, err := mlkem.NewDecapsulationKey768(get(seed))
				if err != nil {
					t.Fatal(err)
				}
				return newHybrid(&Key{secret: k0}, th, newKEM(dk), first, ss, ct)
			}
			h1, h2 := side("first-seed", true, ss1[:], ct1), side("second-seed", false, ss2[:], ct2)
			equal("first-ek", h1.own.EncapsulationKey())
			equal("second-ek", h2.own.EncapsulationKey())
			equal("first-sealed", h1.SealFirst(get("first-plaintext")))
			equal("second-sealed", h2.SealFirst(get("second-plaintext")))
			p1, err1 := h2.OpenFirst(ct1, get("first-sealed"))
			p2, err2 := h1.OpenFirst(ct2, get("second-sealed"))
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			equal("first-plaintext", p1)
			equal("second-plaintext", p2)
			if a, b := sessionOf(t, h1).secret, sessionOf(t, h2).secret; a != b || a != k.secret {
				t.Errorf("session keys %x and %x", a, b)
			}
		})
	}
}

func BenchmarkHybrid(b *testing.B) {
	for b.Loop() {
		m := meet(b)
		if _, err := m.second.OpenFirst(m.first.Ciphertext(), m.first.SealFirst(nil)); err != nil {
			b.Fatal(err)
		}
	}
}
