package rendezvous

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/nacl/secretbox"

	"sesame/internal/wire"
	"sesame/pake"
)

const (
	rigCode  = "7-crossover-clockwork"
	rigAppID = "example.com/test"
)

// A rig drives one machine by hand, as server, clock and user.
type rig struct {
	t   testing.TB
	m   *machine
	now time.Time
	// sent holds every command, in order.
	sent []wire.Command
}

func newRig(t testing.TB) *rig {
	return &rig{t: t, m: newMachine(rigAppID, []byte(`{"app_versions":{}}`), nil), now: time.Unix(1_000_000, 0)}
}

// take collects what the machine sent since the last call, as types and phases.
func (r *rig) take() string {
	var list []string
	for _, c := range r.m.out {
		name := c.Type
		if c.Phase != nil {
			name += ":" + *c.Phase
		}
		if c.Mood != nil {
			name += ":" + *c.Mood
		}
		list = append(list, name)
	}
	r.sent = append(r.sent, r.m.out...)
	r.m.out = nil
	return strings.Join(list, " ")
}

// says feeds a frame, with Printf's verbs.
func (r *rig) says(format string, args ...any) {
	frame := format
	if len(args) > 0 {
		frame = fmt.Sprintf(format, args...)
	}
	r.m.received(r.now, []byte(frame))
}

func (r *rig) message(side, phase, body string) {
	b, err := json.Marshal(map[string]any{"type": "message", "side": side, "phase": phase, "body": body, "server_rx": 1.5})
	if err != nil {
		r.t.Fatal(err)
	}
	r.m.received(r.now, b)
}

// pass lets time pass, waking the machine when it asks for it.
func (r *rig) pass(d time.Duration) {
	end := r.now.Add(d)
	for {
		w := r.m.wake()
		if w.IsZero() || w.After(end) || r.m.stage == done || r.m.reconnect {
			r.now = end
			return
		}
		if w.After(r.now) {
			r.now = w
		}
		r.m.tick(r.now)
	}
}

func (r *rig) welcome() {
	r.m.connected(r.now)
	r.says(`{"type":"welcome","welcome":{}}`)
}

func code(t testing.TB, s string) Code {
	c, err := ParseCode(s)
	if odd, ok := errors.AsType[*CodeError](err); ok && odd.Code != (Code{}) {
		c, err = odd.Code, nil // its own words
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// toWaiting leads the machine to where its pake is in the mailbox.
func (r *rig) toWaiting() {
	r.welcome()
	r.m.meet(r.now, code(r.t, rigCode))
	r.says(`{"type":"claimed","mailbox":"box1"}`)
	r.echo()
	if r.m.stage != waiting {
		r.t.Fatalf("stage %d, error %v", r.m.stage, r.m.err)
	}
}

// echo sends back what the machine added.
func (r *rig) echo() {
	for _, own := range r.m.outbox.missing() {
		r.message(r.m.side, own.phase, own.body)
	}
}

// A rigPeer is an honest other side, made by hand.
type rigPeer struct {
	t    testing.TB
	side string
	x    *pake.Agreement
	key  *pake.Key
}

func newPeer(t testing.TB, side, code string) *rigPeer {
	return &rigPeer{t: t, side: side, x: pake.Start(code, rigAppID)}
}

func (p *rigPeer) pake() string {
	return hex.EncodeToString(fmt.Appendf(nil, `{"pake_v1": "%x"}`, p.x.Message()))
}

// finish takes the machine's pake.
func (p *rigPeer) finish(m *machine) {
	body, err := hex.DecodeString(m.outbox.all[0].body)
	if err != nil {
		p.t.Fatal(err)
	}
	var msg pakeMessage
	if err := json.Unmarshal(body, &msg); err != nil {
		p.t.Fatal(err)
	}
	element, err := hex.DecodeString(*msg.V1)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.key, err = p.x.Finish(element); err != nil {
		p.t.Fatal(err)
	}
}

func (p *rigPeer) seal(phase, plain string) string {
	key := [32]byte(p.key.Phase(p.side, phase))
	var nonce [24]byte
	copy(nonce[:], phase)
	return hex.EncodeToString(secretbox.Seal(nonce[:], []byte(plain), &nonce, &key))
}

// toAgreed leads the machine to where the peer's version is missing.
func (r *rig) toAgreed() *rigPeer {
	r.toWaiting()
	p := newPeer(r.t, "peerside", rigCode)
	r.message(p.side, "pake", p.pake())
	p.finish(r.m)
	r.echo()
	if r.m.stage != agreed {
		r.t.Fatalf("stage %d, error %v", r.m.stage, r.m.err)
	}
	return p
}

// toConfirmed leads the machine to where the peer has proven the code.
func (r *rig) toConfirmed() *rigPeer {
	p := r.toAgreed()
	r.message(p.side, "version", p.seal("version", `{"app_versions":{}}`))
	if r.m.stage != confirmed {
		r.t.Fatalf("stage %d, error %v", r.m.stage, r.m.err)
	}
	r.take()
	return p
}
