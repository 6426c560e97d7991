package rendezvous

import (
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"

	"sesame/internal/wire"
	"sesame/pake"
)

// A duo is two machines and the mailbox between them, in which somebody sits
// who knows the key of the code.
type duo struct {
	t    testing.TB
	a, b *rig
	// tamper changes what one side sent, sealed under that key, before the other
	// gets it. Nil is an honest mailbox.
	tamper func(from *rig, phase string, plain []byte) []byte
	// keys are those of the code, by side, from before they were erased.
	keys map[string]*pake.Key
	// bodies holds what travelled, by side and phase.
	bodies map[string]string
}

// newDuo returns two machines that wait for each other; nil is a classic one.
func newDuo(t testing.TB, a, b *Native) *duo {
	d := &duo{t: t, keys: make(map[string]*pake.Key), bodies: make(map[string]string)}
	start := func(n *Native) *rig {
		r := newRig(t)
		r.m = newMachine(rigAppID, []byte(`{"app_versions":{}}`), n)
		return r
	}
	d.a, d.b = start(a), start(b)
	return d
}

// meet brings both to where they are confirmed, unless somebody tampers.
func (d *duo) meet() *duo {
	for _, r := range []*rig{d.a, d.b} {
		r.welcome()
		r.m.meet(r.now, code(d.t, rigCode))
		r.says(`{"type":"claimed","mailbox":"box1"}`)
	}
	d.pump()
	return d
}

// pump delivers until both are silent.
func (d *duo) pump() {
	for {
		moved := false
		for _, p := range [][2]*rig{{d.a, d.b}, {d.b, d.a}} {
			from, to := p[0], p[1]
			out := from.m.out
			from.take()
			for _, c := range out {
				if c.Type != wire.Add {
					continue
				}
				moved = true
				d.bodies[from.m.side+" "+*c.Phase] = *c.Body
				from.message(from.m.side, *c.Phase, *c.Body)
				if body := d.changed(from, *c.Phase, *c.Body); body != "" {
					to.message(from.m.side, *c.Phase, body)
				}
			}
		}
		if !moved {
			return
		}
	}
}

// changed lets the one in between have a message.
func (d *duo) changed(from *rig, phase, body string) string {
	if d.tamper == nil || phase == phasePake {
		return body
	}
	sealed, err := hex.DecodeString(body)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.keys[from.m.side] == nil {
		d.keys[from.m.side] = keyOf(rawKey(from.m.key))
	}
	key, nonce := [32]byte(d.keys[from.m.side].Phase(from.m.side, phase)), [24]byte(sealed)
	plain, ok := secretbox.Open(nil, sealed[24:], &nonce, &key)
	if !ok {
		return body // under the session's key
	}
	changed := d.tamper(from, phase, plain)
	if changed == nil {
		return ""
	}
	return hex.EncodeToString(secretbox.Seal(nonce[:], changed, &nonce, &key))
}

func (r *rig) say(msg string) { r.m.say(r.now, []byte(msg)) }

// heard returns all messages that wait for the program.
func (r *rig) heard() string {
	var all []string
	for msg, ok := r.m.inbox.take(); ok; msg, ok = r.m.inbox.take() {
		all = append(all, string(msg))
	}
	return strings.Join(all, " ")
}
