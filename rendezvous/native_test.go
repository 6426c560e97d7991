package rendezvous

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"sesame/pake"
)

func plainNative() *Native { return &Native{Suites: []string{suiteAES, suiteChaCha}} }

func TestNativeChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		cfg := func(features ...string) *Config {
			return &Config{URL: "ws://mailbox.test:4000/v1", Version: []byte(`{"app_versions":{"x":1}}`), Native: &Native{Suites: []string{suiteAES}, Features: features}}
		}
		ca, cb := meet(t, s.client(t, cfg("f", "g")), s.client(t, cfg("g", "h")))
		for _, ch := range []*Channel{ca, cb} {
			if got, ok := ch.Native(); !ok || got.Suite != suiteAES || ch.Suite() != suiteAES || fmt.Sprint(got.Features) != "[g]" {
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
		for _, ch := range []*Channel{ca, cb} {
			erased(t, "the key of the code", func() { ch.c.m.key.Derive("p", 32) })
			erased(t, "the exchange", func() { ch.c.m.agreement.Finish(nil) })
		}
		if err := errors.Join(ca.Close(t.Context(), Happy), cb.Close(t.Context(), Happy)); err != nil {
			t.Error(err)
		}
	})
}

// erased fails the test unless what uses a secret panics: it is gone.
func erased(t *testing.T, what string, use func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s is there still", what)
		}
	}()
	use()
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
