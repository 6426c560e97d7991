package rendezvous

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"

	"sesame/internal/wire"
	"sesame/pake"
)

// What somebody does who knows the code, even its key, but sits between two
// native sides: the session ends, and never continues as a weaker one.
func TestTamperingWithTheKey(t *testing.T) {
	strip := func(plain []byte) []byte {
		i := bytes.Index(plain, []byte(`,"sesame"`))
		return append(plain[:i:i], '}')
	}
	swap := func(old, new string) func(p []byte) []byte {
		return func(p []byte) []byte {
			if !bytes.Contains(p, []byte(old)) {
				t.Fatalf("no %s in %s", old, p)
			}
			return bytes.Replace(p, []byte(old), []byte(new), 1)
		}
	}
	var reflected []byte
	for _, c := range []struct {
		name  string
		phase string
		do    func(plain []byte) []byte // to what a says
		b     error                     // what it comes to at b; a sends on if it can
	}{
		{"announcement stripped", "version", strip, nil},
		{"padding changed", "version", func(p []byte) []byte { return append(p, ' ') }, ErrTampered},
		{"feature taken away", "version", swap(`"feat":["f"]`, `"feat":[]`), ErrTampered},
		{"suite taken away", "version", swap(`"aes-256-gcm",`, ``), ErrTampered},
		{"version taken away", "version", swap(`"v":[2]`, `"v":[1]`), nil},
		{"announcement made nonsense", "version", swap(`"v":[2]`, `"v":2`), ErrTampered},
		{"key made nonsense", "version", swap(`"ek":"`, `"ek":"////////`), ErrTampered},
		{"first message a classic one", "0", func([]byte) []byte { return []byte(`{"offer":{}}`) }, ErrTampered},
		{"first message empty", "0", func([]byte) []byte { return []byte{} }, ErrTampered},
		{"ciphertext alone", "0", func(p []byte) []byte { return p[:pake.CiphertextSize] }, ErrTampered},
		{"ciphertext of zeros", "0", func(p []byte) []byte { return append(make([]byte, pake.CiphertextSize), p[pake.CiphertextSize:]...) }, ErrTampered},
		{"first byte flipped", "0", func(p []byte) []byte { p[0] ^= 1; return p }, ErrTampered},
		{"commitment flipped", "0", func(p []byte) []byte { p[pake.CiphertextSize] ^= 1; return p }, ErrTampered},
		{"last byte flipped", "0", func(p []byte) []byte { p[len(p)-1] ^= 128; return p }, ErrTampered},
		{"cut", "0", func(p []byte) []byte { return p[:len(p)-1] }, ErrTampered},
		{"its own first message sent back", "0", func(p []byte) []byte { return reflected }, ErrTampered},
		{"its own announcement sent back", "version", func(p []byte) []byte { return reflected }, ErrTampered},
		{"second message under the code's key", "1", nil, ErrDisturbed},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDuo(t, &Native{Suites: plainNative().Suites, Features: []string{"f"}}, &Native{Suites: plainNative().Suites, Features: []string{"f"}})
			d.tamper = func(from *rig, phase string, plain []byte) []byte {
				if from == d.a && phase == c.phase && c.do != nil {
					return c.do(bytes.Clone(plain))
				}
				return plain
			}
			reflected = nil
			if c.phase == "version" {
				reflected = d.b.m.version
			}
			d.meet()
			for _, r := range []*rig{d.b, d.a} {
				if r.m.stage != confirmed {
					continue
				}
				r.say("secret words")
				if r == d.b && c.phase == "0" {
					body, _ := hex.DecodeString(r.m.outbox.all[2].body)
					reflected, _ = r.m.unsealOwn(phaseFirst, body)
				}
			}
			d.pump()
			if c.do == nil {
				key := [32]byte(d.keys[d.a.m.side].Phase(d.a.m.side, "1"))
				var nonce [24]byte
				d.b.message(d.a.m.side, "1", hex.EncodeToString(secretbox.Seal(nonce[:], pad([]byte("forged")), &nonce, &key)))
			}
			if c.b == nil { // b takes a for a classic client: a must not go on
				if d.b.m.upgrade != nil || !errors.Is(d.a.m.err, ErrTampered) {
					t.Errorf("b native %v, error of a: %v", d.b.m.upgrade != nil, d.a.m.err)
				}
				if got := d.b.heard(); strings.Contains(got, "secret") {
					t.Errorf("a's first message is readable: %q", got)
				}
				checkScary(t, d.a)
				return
			}
			if !errors.Is(d.b.m.err, c.b) {
				t.Fatalf("error %v", d.b.m.err)
			}
			checkText(t, d.b.m.err.Error())
			checkScary(t, d.b)
			if got := d.b.heard(); got != "" && c.do != nil {
				t.Errorf("b got %q", got)
			}
		})
	}
}

// unsealOwn opens a phase of ours, as who knows the key can.
func (m *machine) unsealOwn(phase string, body []byte) ([]byte, bool) {
	key, nonce := [32]byte(m.key.Phase(m.side, phase)), [24]byte(body)
	return secretbox.Open(nil, body[24:], &nonce, &key)
}

// checkScary checks how a failed machine leaves the mailbox, and that a Close
// of the program changes nothing about it.
func checkScary(t *testing.T, r *rig) {
	t.Helper()
	r.m.close(r.now, Happy)
	r.take()
	if last := r.sent[len(r.sent)-1]; last.Type != wire.Close || last.Mood == nil || *last.Mood != string(Scary) {
		t.Errorf("it leaves with %+v", last)
	}
}
