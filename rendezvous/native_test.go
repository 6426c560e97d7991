package rendezvous

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	// bodies holds what travelled, by side and phase.
	bodies map[string]string
}

// newDuo returns two machines that wait for each other; nil is a classic one.
func newDuo(t testing.TB, a, b *Native) *duo {
	d := &duo{t: t, bodies: make(map[string]string)}
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
	key, nonce := [32]byte(from.m.key.Phase(from.m.side, phase)), [24]byte(sealed)
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

func plainNative() *Native { return &Native{Suites: []string{suiteAES, suiteChaCha}} }

func TestNativeChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		cfg := func(features ...string) *Config {
			return &Config{URL: "ws://mailbox.test:4000/v1", Version: []byte(`{"app_versions":{"x":1}}`), Native: &Native{Suites: []string{suiteAES}, Features: features}}
		}
		ca, cb := meet(t, s.client(t, cfg("f", "g")), s.client(t, cfg("g", "h")))
		for _, ch := range []*Channel{ca, cb} {
			if got, ok := ch.Native(); !ok || got.Suite != suiteAES || fmt.Sprint(got.Features) != "[g]" {
				t.Errorf("native %v: %+v", ok, got)
			}
			if v := ch.PeerVersion(); !bytes.HasPrefix(v, []byte(`{"app_versions":{"x":1},`)) || !bytes.HasSuffix(v, []byte("}")) {
				t.Errorf("version %s", v)
			}
			for i := range 10 {
				if err := ch.Send(t.Context(), fmt.Append(nil, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range 10 {
			for _, ch := range []*Channel{ca, cb} {
				if got, err := ch.Receive(t.Context()); err != nil || string(got) != fmt.Sprint(i) {
					t.Fatalf("message %d: %q, %v", i, got, err)
				}
			}
		}
		if !bytes.Equal(ca.Key("p", 32), cb.Key("p", 32)) || !bytes.Equal(ca.Verifier(), cb.Verifier()) || !bytes.Equal(ca.Transcript(), cb.Transcript()) {
			t.Error("the two have different keys")
		}
		if bytes.Equal(ca.Key("p", 32), ca.c.m.key.Derive("p", 32)) {
			t.Error("Key is that of the code")
		}
		if !bytes.Equal(ca.Verifier(), ca.c.m.key.Verifier()) {
			t.Error("Verifier isn't that of the code")
		}
		if err := errors.Join(ca.Close(t.Context(), Happy), cb.Close(t.Context(), Happy)); err != nil {
			t.Error(err)
		}
	})
}

// A peer that isn't native notices nothing but a member it ignores.
func TestNativeWithClassic(t *testing.T) {
	d := newDuo(t, plainNative(), nil).meet()
	for _, r := range []*rig{d.a, d.b} {
		if r.m.stage != confirmed || r.m.upgrade != nil {
			t.Fatalf("stage %d, native %v, error %v", r.m.stage, r.m.upgrade != nil, r.m.err)
		}
		r.say("one")
		r.say("two")
	}
	d.pump()
	for _, r := range []*rig{d.a, d.b} {
		if got := r.heard(); got != "one two" {
			t.Errorf("got %q, error %v", got, r.m.err)
		}
		if n := len(d.bodies[r.m.side+" 1"]) / 2; n != overhead+3 {
			t.Errorf("a classic message of %d bytes", n)
		}
	}
	if a, b := (&Channel{&Client{m: d.a.m}}), (&Channel{&Client{m: d.b.m}}); !bytes.Equal(a.Key("p", 32), b.Key("p", 32)) {
		t.Error("different keys")
	} else if _, ok := a.Native(); ok {
		t.Error("says it is native")
	}
}

func TestKeyBeforeFirstReceive(t *testing.T) {
	d := newDuo(t, plainNative(), plainNative()).meet()
	ch := &Channel{&Client{m: d.a.m}}
	key := func() (panicked any) {
		defer func() { panicked = recover() }()
		ch.Key("p", 32)
		return nil
	}
	d.b.say("hello")
	d.pump() // it is here, but not received
	if key() == nil {
		t.Error("there was a key before the first Receive")
	}
	if got := d.a.heard(); got != "hello" {
		t.Fatalf("got %q", got)
	}
	if p := key(); p != nil {
		t.Error(p)
	}
}

// The second message waits for the peer's first, and nothing is lost or
// reordered by it.
func TestSecondMessageWaits(t *testing.T) {
	d := newDuo(t, plainNative(), plainNative()).meet()
	for i := range 4 {
		d.a.say(fmt.Sprint("a", i))
	}
	d.pump()
	if got := d.b.heard(); got != "a0" {
		t.Errorf("b got %q", got)
	}
	if n := d.a.m.unstored(); n != 3 {
		t.Errorf("%d messages are unstored", n)
	}
	d.b.say("b0")
	d.b.say("b1")
	d.pump()
	if got := d.b.heard(); got != "a1 a2 a3" {
		t.Errorf("b got %q", got)
	}
	if got := d.a.heard(); got != "b0 b1" {
		t.Errorf("a got %q", got)
	}
	if n := d.a.m.unstored(); n != 0 {
		t.Errorf("%d messages are unstored", n)
	}
}

// Close says that what waited was lost.
func TestCloseLosesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		cfg := &Config{URL: "ws://mailbox.test:4000/v1", Native: plainNative()}
		ca, cb := meet(t, s.client(t, cfg), s.client(t, cfg))
		defer cb.Close(t.Context(), Happy)
		for range 2 {
			if err := ca.Send(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := ca.Close(t.Context(), Happy); err == nil {
			t.Error("no error")
		}
	})
}

// Sizes on the wire tell little: equal for all short messages and versions.
func TestNativeSizes(t *testing.T) {
	sizes := make(map[string]int)
	for _, text := range []string{"abc", strings.Repeat("x", 60), "", strings.Repeat("y", 252)} {
		for _, own := range []string{`{"app_versions":{}}`, `{"app_versions":{"some-application":{"a":true}}}`} {
			d := newDuo(t, plainNative(), plainNative())
			d.a.m.introduce([]byte(own), plainNative(), pake.NewKEM())
			d.meet()
			d.a.say(text)
			d.b.say("hello")
			d.pump()
			d.a.say(text)
			d.pump()
			for _, phase := range []string{"version", "0", "1"} {
				n := len(d.bodies[d.a.m.side+" "+phase])
				if n == 0 || sizes[phase] != 0 && sizes[phase] != n {
					t.Errorf("phase %s: %d, and %d for %d letters", phase, sizes[phase], n, len(text))
				}
				sizes[phase] = n
			}
		}
	}
	if sizes["1"] != 2*(overhead+256) {
		t.Errorf("sizes %v", sizes)
	}
	// The largest message fits, also as the first.
	d := newDuo(t, plainNative(), plainNative()).meet()
	d.b.say("hello")
	d.pump()
	for range 2 {
		d.a.say(strings.Repeat("x", maxMessage))
		d.pump()
	}
	if n := len(d.b.heard()); n != 2*maxMessage+1 || d.b.m.err != nil {
		t.Errorf("%d bytes arrived, error %v", n, d.b.m.err)
	}
}

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
		{"version taken away", "version", swap(`"v":[1]`, `"v":[2]`), nil},
		{"announcement made nonsense", "version", swap(`"v":[1]`, `"v":1`), ErrTampered},
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
				key := [32]byte(d.a.m.key.Phase(d.a.m.side, "1"))
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

// Nothing that is sealed twice differs, however often the server is told.
func TestNativeReplayIsIdentical(t *testing.T) {
	d := newDuo(t, plainNative(), plainNative()).meet()
	d.a.say("one")
	d.a.say("two") // waits
	d.pump()
	first := d.bodies[d.a.m.side+" 0"]
	for range 2 {
		d.a.m.disconnected(d.a.now, errors.New("gone"))
		d.a.welcome()
		d.a.says(`{"type":"pong","pong":1}`) // the server has forgotten all
		d.a.take()
		sent := d.a.sent[len(d.a.sent)-3:]
		if *sent[2].Phase != "0" || *sent[2].Body != first {
			t.Fatalf("it sends %+v", sent)
		}
	}
	for _, own := range d.b.m.outbox.all {
		d.a.message(d.b.m.side, own.phase, own.body) // again
	}
	d.b.message(d.a.m.side, "0", first)
	d.b.say("hello")
	d.pump()
	d.b.message(d.a.m.side, "0", first)
	if got := d.b.heard(); got != "one two" || d.b.m.err != nil {
		t.Errorf("got %q, error %v", got, d.b.m.err)
	}
}

// A wrong code answers after as many messages, of the same sizes, at the same
// time as the right one; how much of it is right makes no difference. That the
// comparison itself takes the same time is the secretbox's: it compares tags in
// constant time.
func TestWrongCodeLooksTheSame(t *testing.T) {
	for name, native := range map[string]*Native{"classic": nil, "native": plainNative()} {
		t.Run(name, func(t *testing.T) {
			shape := func(typed string) (seen []string) {
				synctest.Test(t, func(t *testing.T) {
					s := newFakeServer()
					cfg := &Config{URL: "ws://mailbox.test:4000/v1", Native: native}
					a, b := s.client(t, cfg), s.client(t, cfg)
					side, began := a.m.side, time.Now()
					errs, theirs := make(chan error, 1), code(t, typed)
					go func() { _, err := b.Meet(t.Context(), theirs); errs <- err }()
					_, err := a.Meet(t.Context(), code(t, rigCode))
					if wrong := typed != rigCode; errors.Is(err, ErrWrongCode) != wrong || errors.Is(<-errs, ErrWrongCode) != wrong {
						t.Errorf("%s: error %v", typed, err)
					}
					synctest.Wait()
					s.mu.Lock()
					defer s.mu.Unlock()
					for _, line := range s.log {
						body, ok := strings.CutPrefix(line, side+"> ")
						if !ok || strings.Contains(body, `"type":"close"`) || strings.Contains(body, `"type":"release"`) {
							continue // it may be repeated on leaving
						}
						c, err := wire.ParseCommand([]byte(body))
						if err != nil {
							t.Fatal(err)
						}
						what := c.Type
						if c.Body != nil {
							what += fmt.Sprint(" ", *c.Phase, " ", len(*c.Body))
						}
						seen = append(seen, what)
					}
					seen = append(seen, time.Since(began).String())
				})
				return seen
			}
			right := shape(rigCode)
			if len(right) != 5 {
				t.Errorf("messages %q", right)
			}
			for _, typed := range []string{"7-crossover-zulu", "7-aardvark-clockwork"} {
				if got := shape(typed); fmt.Sprint(got) != fmt.Sprint(right) {
					t.Errorf("%s: %q\nwant %q", typed, got, right)
				}
			}
		})
	}
}

// However a program closes, the server hears of the error that came first.
func TestMoodAfterFailure(t *testing.T) {
	for name, c := range map[string]struct {
		frame string
		want  Mood
	}{
		"server error": {`{"type":"error","error":"boo","orig":{}}`, Errory},
		"wrong code":   {`{"type":"message","side":"x","phase":"pake","body":"7b7d"}`, Scary},
		"nonsense":     {`[`, Errory},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFakeServer()
				a := s.client(t, nil)
				go func() {
					synctest.Wait()
					s.mu.Lock()
					defer s.mu.Unlock()
					for conn := range s.conns {
						s.sendRaw(conn, []byte(c.frame))
					}
				}()
				if _, err := a.Meet(t.Context(), code(t, rigCode)); err == nil {
					t.Error("no error")
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
				if moods := s.grep("> ", `"mood":"`+string(c.want)+`"`); len(moods) != 1 {
					t.Errorf("moods %q", s.grep(`"mood"`))
				}
			})
		})
	}
}
