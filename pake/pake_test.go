package pake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"filippo.io/edwards25519"
)

func TestVectorsAgreement(t *testing.T) {
	for _, v := range vectors(t, "exchange.txt") {
		t.Run(v["name"], func(t *testing.T) {
			code, appid := string(unhex(t, v["code"])), string(unhex(t, v["appid"]))
			a := start(code, appid, scalar(t, v["scalar-a"]))
			b := start(code, appid, scalar(t, v["scalar-b"]))
			if got := hex.EncodeToString(a.Message()); got != v["message-a"] {
				t.Errorf("message of a: %s, want %s", got, v["message-a"])
			}
			if got := hex.EncodeToString(b.Message()); got != v["message-b"] {
				t.Errorf("message of b: %s, want %s", got, v["message-b"])
			}
			for name, x := range map[string]struct {
				e    *Agreement
				peer string
			}{"a": {a, v["message-b"]}, "b": {b, v["message-a"]}} {
				k, err := x.e.Finish(unhex(t, x.peer))
				if err != nil {
					t.Fatalf("Finish of %s: %v", name, err)
				}
				if got := hex.EncodeToString(k.secret[:]); got != v["key"] {
					t.Errorf("key of %s: %s, want %s", name, got, v["key"])
				}
			}
		})
	}
}

func TestVectorsMessage(t *testing.T) {
	party := vectors(t, "exchange.txt")[0]
	for _, v := range vectors(t, "message.txt") {
		t.Run(v["name"], func(t *testing.T) {
			e := start(string(unhex(t, party["code"])), string(unhex(t, party["appid"])),
				scalar(t, party["scalar-a"]))
			k, err := e.Finish(unhex(t, v["message"]))
			want := map[string]error{"ok": nil, "message": ErrMessage, "reflected": ErrReflected}
			wantErr, known := want[v["expect"]]
			if !known {
				t.Fatalf("the vector expects %q", v["expect"])
			}
			if !errors.Is(err, wantErr) || (err == nil) != (k != nil) {
				t.Errorf("key %v, error %v; want error %v", k, err, wantErr)
			}
		})
	}
}

// Every flipped bit of a good message is either refused or leads to a key that
// the peer doesn't have.
func TestMessageBitFlips(t *testing.T) {
	v := vectors(t, "exchange.txt")[0]
	code, appid := string(unhex(t, v["code"])), string(unhex(t, v["appid"]))
	good := unhex(t, v["message-b"])
	for i := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		k, err := start(code, appid, scalar(t, v["scalar-a"])).Finish(bad)
		if err == nil && hex.EncodeToString(k.secret[:]) == v["key"] {
			t.Errorf("bit %d flipped makes no difference", i)
		}
	}
}

func TestStart(t *testing.T) {
	agree := func(codeA, codeB, appA, appB string) bool {
		a, b := Start(codeA, appA), Start(codeB, appB)
		ka, err := a.Finish(b.Message())
		if err != nil {
			t.Fatal(err)
		}
		kb, err := b.Finish(a.Message())
		if err != nil {
			t.Fatal(err)
		}
		return ka.secret == kb.secret
	}
	for _, c := range []struct {
		name                     string
		codeA, codeB, appA, appB string
		want                     bool
	}{
		{"same code", "4-purple-sausages", "4-purple-sausages", "app", "app", true},
		{"another word", "4-purple-sausages", "4-purple-sausage", "app", "app", false},
		{"another app", "4-purple-sausages", "4-purple-sausages", "app", "App", false},
		{"composed and decomposed", "7-caf\u00e9", "7-cafe\u0301", "\u00fcber", "u\u0308ber", true},
		{"empty", "", "", "", "", true},
		{"not UTF-8", "7-\xff", "7-\xff", "app", "app", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := agree(c.codeA, c.codeB, c.appA, c.appB); got != c.want {
				t.Errorf("keys are equal: %v, want %v", got, c.want)
			}
		})
	}
	if bytes.Equal(Start("a", "b").Message(), Start("a", "b").Message()) {
		t.Error("two exchanges sent the same message")
	}
}

func TestMessageIsACopy(t *testing.T) {
	e := Start("4-purple-sausages", "app")
	e.Message()[5] ^= 1
	if m := e.Message(); bytes.Equal(m, make([]byte, MessageSize)) || len(m) != MessageSize {
		t.Fatalf("message %x", m)
	}
	p := Start("4-purple-sausages", "app")
	a, err1 := e.Finish(p.Message())
	b, err2 := p.Finish(e.Message())
	if err1 != nil || err2 != nil || a.secret != b.secret {
		t.Errorf("a caller changed the exchange's own message: %v, %v", err1, err2)
	}
}

func TestFinishTwicePanics(t *testing.T) {
	for _, first := range [][]byte{Start("a", "b").Message(), nil} {
		e := Start("a", "b")
		e.Finish(first)
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "pake: ") {
					t.Errorf("second Finish: panic %v", r)
				}
			}()
			e.Finish(Start("a", "b").Message())
		}()
	}
}

// Fails if anything secret of an exchange is in memory after Finish, however that
// ended, or after Erase; or if the key is after its own.
func TestErase(t *testing.T) {
	peer := Start("7-apple-pie", "x").Message()
	for name, end := range map[string]func(e *Agreement){
		"agreed":    func(e *Agreement) { e.Finish(peer) },
		"malformed": func(e *Agreement) { e.Finish(peer[1:]) },
		"reflected": func(e *Agreement) { e.Finish(e.Message()) },
		"nobody":    func(e *Agreement) { e.Erase() },
		"twice":     func(e *Agreement) { e.Erase(); e.Erase() },
	} {
		e := Start("7-apple-pie", "x")
		x, said := e.x, e.Message()
		end(e)
		if x.Equal(edwards25519.NewScalar()) == 0 || e.x != nil {
			t.Errorf("%s: the scalar is there still", name)
		}
		if e.blind.Equal(edwards25519.NewIdentityPoint()) == 0 || e.passwordHash != [32]byte{} {
			t.Errorf("%s: what is made of the phrase is there still", name)
		}
		if !bytes.Equal(e.Message(), said) {
			t.Errorf("%s: the message is another one", name)
		}
	}
	k, err := Start("7-apple-pie", "x").Finish(peer)
	if err != nil {
		t.Fatal(err)
	}
	derived := k.Derive("p", 32)
	k.Erase()
	if k.secret != [32]byte{} || bytes.Equal(derived, make([]byte, 32)) {
		t.Error("the key isn't erased, or what was derived is")
	}
	defer func() {
		if recover() == nil {
			t.Error("an erased key is used")
		}
	}()
	k.Derive("p", 32)
}

// The same exchanges with python3-spake2 on the other side.
func TestAgainstPython(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import spake2").Run(); err != nil {
		t.Skipf("%s has no spake2 (Debian package python3-spake2): %v", python, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it may hang
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "testdata/peer.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	line := func() []byte {
		if !lines.Scan() {
			t.Fatalf("python said nothing: %v", lines.Err())
		}
		return unhex(t, lines.Text())
	}
	for i := range 20 {
		code, appid := fmt.Sprintf("%d-cafe\u0301-%x", i, i*i*i), strings.Repeat("x", i)
		e := Start(code, appid)
		fmt.Fprintf(in, "%x %x0a\n", code, appid)
		peer := line()
		fmt.Fprintf(in, "%x\n", e.Message())
		k, err := e.Finish(peer)
		if err != nil {
			t.Fatal(err)
		}
		if want := line(); bytes.Equal(k.secret[:], want) {
			t.Fatalf("code %q: same key in spite of another app id", code)
		}

		e = Start(code, appid+"\n")
		fmt.Fprintf(in, "%x %x0a\n", code, appid)
		peer = line()
		fmt.Fprintf(in, "%x\n", e.Message())
		if k, err = e.Finish(peer); err != nil {
			t.Fatal(err)
		}
		if want := line(); !bytes.Equal(k.secret[:], want) {
			t.Fatalf("code %q: key %x, python has %x", code, k.secret, want)
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("python: %v", err)
	}
}
