package rendezvous

import (
	"bytes"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"unsafe"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/nacl/secretbox"

	"sesame/internal/wire"
	"sesame/pake"
)

// rawKey returns the bytes of a key, which package pake gives to nobody.
func rawKey(k *pake.Key) []byte {
	raw := *(*[32]byte)(unsafe.Pointer(k)) // its first field
	return raw[:]
}

// keyOf makes a key of bytes.
func keyOf(raw []byte) *pake.Key {
	k := new(pake.Key)
	copy((*[32]byte)(unsafe.Pointer(k))[:], raw)
	return k
}

// recordedKEM returns a key pair whose private half the test has too.
func recordedKEM(t *testing.T, seed uint64) (*pake.KEM, *mlkem.DecapsulationKey768) {
	cryptotest.SetGlobalRandom(t, seed)
	kem := pake.NewKEM()
	cryptotest.SetGlobalRandom(t, seed)
	dk, err := mlkem.GenerateKey768()
	if err != nil || !bytes.Equal(dk.EncapsulationKey().Bytes(), kem.EncapsulationKey()) {
		t.Fatalf("the key pairs differ: %v", err)
	}
	return kem, dk
}

// An oracle reads a recorded mailbox with the secrets that it has. It is
// written from doc/native.md §2 and shares no code with package pake.
type oracle struct {
	k0      []byte                                // the key of the code
	dk      map[string]*mlkem.DecapsulationKey768 // by side
	th      []byte                                // transcript
	secrets map[string][]byte                     // encapsulated, by side; from dk if nil
	cts     map[string][]byte                     // by side
	sides   []string                              // in order
	inner   map[string][]byte                     // what is inside phase 0, by side, if it is known otherwise
}

// recording is what travelled: bodies in order.
type recording []struct{ side, phase, body string }

func fields(label string, list ...[]byte) []byte {
	h := sha256.New()
	for _, f := range append([][]byte{[]byte(label)}, list...) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(f)))
		h.Write(size[:])
		h.Write(f)
	}
	return h.Sum(nil)
}

func (o *oracle) box(key []byte, side, phase string, body []byte) ([]byte, bool) {
	s, p := sha256.Sum256([]byte(side)), sha256.Sum256([]byte(phase))
	k, err := hkdf.Key(sha256.New, key, nil, "wormhole:phase:"+string(s[:])+string(p[:]), 32)
	if err != nil {
		panic(err)
	}
	nonce := [24]byte(body)
	return secretbox.Open(nil, body[24:], &nonce, (*[32]byte)(k))
}

// first opens the inside of a first message.
func (o *oracle) first(side string, in []byte) ([]byte, bool) {
	if len(in) < pake.CiphertextSize+32 {
		return nil, false
	}
	ct, sealed := in[:pake.CiphertextSize], in[pake.CiphertextSize:]
	role := "sesame/1 message of first side"
	if side == o.sides[1] {
		role = "sesame/1 message of second side"
	}
	key, err := hkdf.Key(sha256.New, slices.Concat(o.k0, o.secrets[side]), fields("sesame/1 hybrid message", o.th, ct), role, 64)
	if err != nil {
		panic(err)
	}
	a, err := chacha20poly1305.New(key[:32])
	if err != nil {
		panic(err)
	}
	plain, err := a.Open(nil, make([]byte, 12), sealed[32:], ct)
	return plain, err == nil && bytes.Equal(sealed[:32], key[32:])
}

// session returns the key of the session.
func (o *oracle) session() []byte {
	a, b := o.sides[0], o.sides[1]
	k, err := hkdf.Extract(sha256.New, slices.Concat(o.k0, o.secrets[a], o.secrets[b]), fields("sesame/1 hybrid session", o.th, o.cts[a], o.cts[b]))
	if err != nil {
		panic(err)
	}
	return k
}

// read returns the plaintexts that the oracle finds, by side and phase.
func (o *oracle) read(rec recording) map[string]string {
	found := make(map[string]string)
	other := func(side string) string {
		return o.sides[1-slices.Index(o.sides, side)]
	}
	for _, m := range rec { // the ciphertexts first
		body, err := hex.DecodeString(m.body)
		if err != nil {
			panic(err)
		}
		in := o.inner[m.side]
		if in == nil && m.phase == phaseFirst {
			in, _ = o.box(o.k0, m.side, m.phase, body)
		}
		if m.phase != phaseFirst || len(in) < pake.CiphertextSize {
			continue
		}
		o.cts[m.side] = in[:pake.CiphertextSize]
		o.secrets[m.side] = make([]byte, 32)
		if dk := o.dk[other(m.side)]; dk != nil {
			if o.secrets[m.side], err = dk.Decapsulate(o.cts[m.side]); err != nil {
				panic(err)
			}
		}
		if plain, ok := o.first(m.side, in); ok {
			found[m.side+" 0"] = string(plain)
		}
	}
	for _, m := range rec {
		body, _ := hex.DecodeString(m.body)
		if m.phase == phasePake {
			continue
		}
		keys := [][]byte{o.k0, o.session()}
		for _, s := range o.sides {
			keys = append(keys, o.secrets[s])
		}
		if m.phase == phaseFirst {
			keys = nil // see above
		}
		for _, k := range keys {
			if plain, ok := o.box(k, m.side, m.phase, body); ok {
				found[m.side+" "+m.phase] = string(plain)
			}
		}
	}
	return found
}

// A session is a recorded one with all of its secrets.
type session struct {
	rec     recording
	sides   []string          // sorted
	sent    map[string]string // by side and phase
	k0, th  []byte
	derived []byte // what the channel gave for "purpose"
	dk      map[string]*mlkem.DecapsulationKey768
}

// recordSession lets two native channels talk.
func recordSession(t *testing.T) *session {
	kemA, dkA := recordedKEM(t, 1)
	kemB, dkB := recordedKEM(t, 2)
	x := &session{sent: make(map[string]string)}
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		cfg := &Config{URL: "ws://mailbox.test:4000/v1", AppID: rigAppID, Native: plainNative()}
		a, b := s.client(t, cfg), s.client(t, cfg)
		a.m.introduce([]byte(`{"app_versions":{}}`), plainNative(), kemA)
		b.m.introduce([]byte(`{"app_versions":{}}`), plainNative(), kemB)
		ca, cb := meet(t, a, b)
		x.k0 = rawKey(a.m.key) // which is erased below
		for i := range 3 {
			for _, ch := range []*Channel{ca, cb} {
				msg := fmt.Sprintf("canary %d of %s", i, ch.c.m.side)
				x.sent[fmt.Sprint(ch.c.m.side, " ", i)] = msg
				if err := ch.Send(t.Context(), []byte(msg)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 3 {
			for _, ch := range []*Channel{ca, cb} {
				if _, err := ch.Receive(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		x.rec = s.recording(t)
		x.th, x.derived = ca.Transcript(), ca.Key("purpose", 32)
		x.dk = map[string]*mlkem.DecapsulationKey768{a.m.side: dkA, b.m.side: dkB}
		x.sides = []string{a.m.side, b.m.side}
		slices.Sort(x.sides)
	})
	if len(x.rec) != 2*5 {
		t.Fatalf("%d messages recorded", len(x.rec))
	}
	return x
}

// oracle returns one with some of the secrets, and the transcript.
func (x *session) oracle(k0 []byte, dk map[string]*mlkem.DecapsulationKey768) *oracle {
	return &oracle{k0: k0, dk: dk, th: x.th, secrets: make(map[string][]byte), cts: make(map[string][]byte), sides: x.sides}
}

// Who recorded a session and breaks the code's exchange later reads the versions
// and nothing after them; who breaks ML-KEM instead reads nothing. Whoever breaks
// both reads all, which shows that the test can tell.
func TestRecordedSession(t *testing.T) {
	x := recordSession(t)
	t.Run("both", func(t *testing.T) {
		o := x.oracle(x.k0, x.dk)
		got := o.read(x.rec)
		for id, msg := range x.sent {
			if plain, ok := unpad([]byte(got[id])); !ok || string(plain) != msg {
				t.Errorf("%s: %q, want %q", id, got[id], msg)
			}
		}
		if len(got) != len(x.sent)+2 {
			t.Errorf("read %d messages", len(got))
		}
		want, err := hkdf.Key(sha256.New, o.session(), nil, "purpose", 32)
		if err != nil || !bytes.Equal(x.derived, want) {
			t.Error("the channel's keys are others")
		}
	})
	t.Run("the code's key alone", func(t *testing.T) {
		got := x.oracle(x.k0, nil).read(x.rec)
		for id, plain := range got {
			if !strings.HasSuffix(id, " version") || !strings.HasPrefix(plain, `{"app_versions"`) {
				t.Errorf("it reads %s: %q", id, plain)
			}
		}
		if len(got) != 2 {
			t.Errorf("it reads %d messages, want the two versions", len(got))
		}
	})
	t.Run("the code's key and one ML-KEM key", func(t *testing.T) {
		a, b := x.sides[0], x.sides[1]
		got := x.oracle(x.k0, map[string]*mlkem.DecapsulationKey768{a: x.dk[a]}).read(x.rec)
		// What b sent first is for a alone. Nothing else may open.
		if _, ok := got[b+" 0"]; !ok || len(got) != 3 {
			t.Errorf("it reads %d messages", len(got))
		}
	})
	t.Run("ML-KEM alone", func(t *testing.T) {
		// It is given more than it could know: transcript and ciphertexts.
		o := x.oracle(make([]byte, 32), x.dk)
		o.inner = make(map[string][]byte)
		for _, m := range x.rec {
			if m.phase != phaseFirst {
				continue
			}
			body, err := hex.DecodeString(m.body)
			if err != nil {
				t.Fatal(err)
			}
			in, ok := new(oracle).box(x.k0, m.side, m.phase, body)
			if !ok || bytes.Contains(in, []byte("canary")) {
				t.Error("the key of the code opens all of a first message, or nothing")
			}
			o.inner[m.side] = in
		}
		if got := o.read(x.rec); len(got) != 0 {
			t.Errorf("it reads %q", got)
		}
	})
}

// recording returns what the clients put into the mailbox.
func (s *fakeServer) recording(t *testing.T) (rec recording) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.log {
		side, frame, ok := strings.Cut(line, "> ")
		if !ok || strings.Contains(side, "<") {
			continue
		}
		c, err := wire.ParseCommand([]byte(frame))
		if err != nil {
			t.Fatal(err)
		}
		if c.Type == wire.Add {
			rec = append(rec, struct{ side, phase, body string }{side, *c.Phase, *c.Body})
		}
	}
	return rec
}
