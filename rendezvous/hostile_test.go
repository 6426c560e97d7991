package rendezvous

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func hexJSON(s string) string { return hex.EncodeToString([]byte(s)) }

// What a hostile server or peer sends in the middle of a session, and what it
// must come to. A nil error means that the session goes on.
func TestHostile(t *testing.T) {
	waitingRig := func(r *rig) *rigPeer { r.toWaiting(); return newPeer(r.t, "peerside", rigCode) }
	agreedRig := func(r *rig) *rigPeer { return r.toAgreed() }
	confirmedRig := func(r *rig) *rigPeer { return r.toConfirmed() }
	many := 100_000
	if raceEnabled {
		many = 1000
	}
	startRig := func(r *rig) *rigPeer { r.m.connected(r.now); return nil }
	var welcomeErr *WelcomeError
	var serverErr *ServerError
	for _, c := range []struct {
		name string
		to   func(r *rig) *rigPeer
		do   func(r *rig, p *rigPeer)
		want any // an error, a pointer to an error type, or nil
	}{
		{"pake null", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON("null")) }, ErrWrongCode},
		{"pake not JSON", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON("pake")) }, ErrWrongCode},
		{"pake array", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON("[]")) }, ErrWrongCode},
		{"pake_v1 null", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON(`{"pake_v1":null}`)) }, ErrWrongCode},
		{"pake_v1 number", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON(`{"pake_v1":7}`)) }, ErrWrongCode},
		{"pake_v1 empty", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON(`{"pake_v1":""}`)) }, ErrWrongCode},
		{"pake_v1 one byte", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", hexJSON(`{"pake_v1":"53"}`)) }, ErrWrongCode},
		{"pake_v1 identity", waitingRig, func(r *rig, p *rigPeer) {
			r.message("x", "pake", hexJSON(`{"pake_v1":"5301`+strings.Repeat("00", 31)+`"}`))
		}, ErrWrongCode},
		{"own pake from another side", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "pake", r.m.outbox.all[0].body) }, ErrWrongCode},
		{"pake twice", waitingRig, func(r *rig, p *rigPeer) {
			r.message(p.side, "pake", p.pake())
			r.message(p.side, "pake", p.pake())
			r.message(p.side, "pake", hexJSON("null"))
		}, nil},
		{"pake of a second side", waitingRig, func(r *rig, p *rigPeer) {
			r.message(p.side, "pake", p.pake())
			r.message("third", "pake", p.pake())
		}, nil},
		{"body empty before pake", waitingRig, func(r *rig, p *rigPeer) { r.message("x", "version", "") }, nil},
		{"version of 0 bytes", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", "") }, ErrWrongCode},
		{"version of 10 bytes", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", strings.Repeat("00", 10)) }, ErrWrongCode},
		{"version of 24 bytes", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", strings.Repeat("00", 24)) }, ErrWrongCode},
		{"version of 39 bytes", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", strings.Repeat("00", 39)) }, ErrWrongCode},
		{"own version reflected", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", r.m.outbox.all[1].body) }, ErrWrongCode},
		{"version sealed as another phase", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", p.seal("0", "{}")) }, ErrWrongCode},
		{"version stripped", agreedRig, func(r *rig, p *rigPeer) {
			r.message(p.side, "version", p.seal("version", `{"app_versions":{}}`)[:100])
		}, ErrWrongCode},
		{"version not an object", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", p.seal("version", "[]")) }, ErrMalformed},
		{"version empty", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", p.seal("version", "")) }, ErrMalformed},
		{"version of 65 KiB", agreedRig, func(r *rig, p *rigPeer) {
			r.message(p.side, "version", p.seal("version", `{"x":"`+strings.Repeat("x", 65<<10)+`"}`))
		}, ErrMalformed},
		{"version twice", confirmedRig, func(r *rig, p *rigPeer) { r.message(p.side, "version", "00") }, nil},
		{"unknown phase", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "hello", "00") }, nil},
		{"unknown phases", confirmedRig, func(r *rig, p *rigPeer) {
			for _, phase := range []string{"dilate-0", "", "-1", "+1", "01", "1e1", "٣", "99999999999999999999"} {
				r.message(p.side, phase, "00")
			}
		}, nil},
		{"message from before the version", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "0", p.seal("0", "x")) }, nil},
		{"message that doesn't decrypt", confirmedRig, func(r *rig, p *rigPeer) { r.message(p.side, "0", strings.Repeat("00", 50)) }, ErrDisturbed},
		{"messages swapped", confirmedRig, func(r *rig, p *rigPeer) { r.message(p.side, "0", p.seal("1", "x")) }, ErrDisturbed},
		{"message number 1000", confirmedRig, func(r *rig, p *rigPeer) { r.message(p.side, "1000", p.seal("1000", "x")) }, ErrDisturbed},
		{"1001 messages that nobody reads", confirmedRig, func(r *rig, p *rigPeer) {
			for i := range 1001 {
				r.message(p.side, fmt.Sprint(i), p.seal(fmt.Sprint(i), "x"))
			}
		}, ErrDisturbed},
		{"9 MiB that nobody reads", confirmedRig, func(r *rig, p *rigPeer) {
			for i := range 36 {
				r.message(p.side, fmt.Sprint(i), p.seal(fmt.Sprint(i), strings.Repeat("x", maxMessage)))
			}
		}, ErrDisturbed},
		{"16 messages of third sides", confirmedRig, func(r *rig, p *rigPeer) {
			for i := range 16 {
				for range 20 { // repeated ones are the server's
					r.message(fmt.Sprint("third", i), "0", "00")
				}
			}
		}, nil},
		{"17 messages of third sides", confirmedRig, func(r *rig, p *rigPeer) {
			for i := range 17 {
				r.message("third", fmt.Sprint(i), "zz")
			}
		}, ErrDisturbed},
		{"third side before the peer", waitingRig, func(r *rig, p *rigPeer) {
			r.message("third", "version", "00")
			r.message("third", "0", "00")
			r.message(p.side, "pake", p.pake())
		}, nil},
		{"17 messages without a pake", waitingRig, func(r *rig, p *rigPeer) {
			for i := range 17 {
				r.message("third", fmt.Sprint(i), "00")
			}
		}, ErrDisturbed},
		{"17 equal messages without a pake", waitingRig, func(r *rig, p *rigPeer) {
			for range 17 {
				r.message("third", "0", "00")
			}
		}, nil},
		{"own messages changed", agreedRig, func(r *rig, p *rigPeer) {
			r.message(r.m.side, "pake", "00")
			r.message(r.m.side, "version", "zz")
			r.message(r.m.side, "7", "")
		}, nil},
		{"body not hexadecimal", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, "0", "zz") }, ErrMalformed},
		{"body of odd length", waitingRig, func(r *rig, p *rigPeer) { r.message(p.side, "pake", "0") }, ErrMalformed},
		{"body too large", confirmedRig, func(r *rig, p *rigPeer) { r.message(p.side, "0", strings.Repeat("00", 300<<10)) }, ErrMalformed},
		{"side empty", waitingRig, func(r *rig, p *rigPeer) { r.message("", "pake", p.pake()) }, ErrMalformed},
		{"side too long", waitingRig, func(r *rig, p *rigPeer) { r.message(strings.Repeat("x", 65), "pake", p.pake()) }, ErrMalformed},
		{"phase too long", agreedRig, func(r *rig, p *rigPeer) { r.message(p.side, strings.Repeat("1", 65), "00") }, ErrMalformed},
		{"phase a number", confirmedRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"message","side":"peerside","phase":0,"body":"00"}`)
		}, ErrMalformed},
		{"phase 1e309", confirmedRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"message","side":"peerside","phase":1e309,"body":"00"}`)
		}, ErrMalformed},
		{"nesting", confirmedRig, func(r *rig, p *rigPeer) { r.says("%s", `{"type":`+strings.Repeat("[", 1e5)) }, ErrMalformed},
		{"not UTF-8", confirmedRig, func(r *rig, p *rigPeer) { r.says("{\"type\":\"\xff\"}") }, ErrMalformed},
		{"byte order mark", confirmedRig, func(r *rig, p *rigPeer) { r.says("\ufeff{}") }, ErrMalformed},
		{"empty frame", confirmedRig, func(r *rig, p *rigPeer) { r.m.received(r.now, nil) }, ErrMalformed},
		{"unknown type", confirmedRig, func(r *rig, p *rigPeer) { r.says(`{"type":"news"}`) }, nil},
		{"welcome again", confirmedRig, func(r *rig, p *rigPeer) { r.says(`{"type":"welcome","welcome":{"error":"go away"}}`) }, nil},
		{"many acks", confirmedRig, func(r *rig, p *rigPeer) {
			for range many {
				r.says(`{"type":"ack","id":NaN}`)
			}
		}, nil},
		{"unasked answers", confirmedRig, func(r *rig, p *rigPeer) {
			for _, s := range []string{
				`{"type":"claimed","mailbox":"other"}`, `{"type":"claimed","mailbox":""}`, `{"type":"allocated","nameplate":"x"}`,
				`{"type":"nameplates","nameplates":[{"id":"1"}]}`, `{"type":"released"}`, `{"type":"closed"}`, `{"type":"pong"}`,
				`{"type":"pong","pong":{"pong":1}}`,
			} {
				r.says("%s", s)
			}
		}, nil},
		{"mailbox missing", func(r *rig) *rigPeer { r.welcome(); r.m.meet(r.now, code(t, rigCode)); return nil },
			func(r *rig, p *rigPeer) { r.says(`{"type":"claimed"}`) }, ErrMalformed},
		{"mailbox too long", func(r *rig) *rigPeer { r.welcome(); r.m.meet(r.now, code(t, rigCode)); return nil },
			func(r *rig, p *rigPeer) { r.says(`{"type":"claimed","mailbox":"%s"}`, strings.Repeat("x", 129)) }, ErrMalformed},
		{"mailbox with escapes", func(r *rig) *rigPeer { r.welcome(); r.m.meet(r.now, code(t, rigCode)); return nil },
			func(r *rig, p *rigPeer) { r.says(`{"type":"claimed","mailbox":"\u001b[2J"}`) }, ErrMalformed},
		{"mailbox a number", func(r *rig) *rigPeer { r.welcome(); r.m.meet(r.now, code(t, rigCode)); return nil },
			func(r *rig, p *rigPeer) { r.says(`{"type":"claimed","mailbox":4}`) }, ErrMalformed},
		{"error before welcome", startRig, func(r *rig, p *rigPeer) { r.says(`{"type":"error","error":"no"}`) }, &serverErr},
		{"message before welcome", startRig, func(r *rig, p *rigPeer) { r.message("x", "pake", "00"); r.says(`{"type":"claimed"}`) }, nil},
		{"welcome null", startRig, func(r *rig, p *rigPeer) { r.says(`{"type":"welcome","welcome":null}`) }, ErrMalformed},
		{"welcome error", startRig, func(r *rig, p *rigPeer) { r.says(`{"type":"welcome","welcome":{"error":"go away"}}`) }, &welcomeErr},
		{"40 bits of work", startRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":40,"resource":"x"}}}}`)
		}, &welcomeErr},
		{"-1 bits of work", startRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":-1,"resource":"x"}}}}`)
		}, ErrMalformed},
		{"work with a colon", startRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":1,"resource":"x:y"}}}}`)
		}, ErrMalformed},
		{"unknown permission", startRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"welcome","welcome":{"permission-required":{"money":{}}}}`)
		}, &welcomeErr},
		{"work or nothing", startRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"welcome","welcome":{"permission-required":{"none":{},"hashcash":{"bits":99}}}}`)
		}, nil},
		{"server error", waitingRig, func(r *rig, p *rigPeer) { r.says(`{"type":"error","error":"\u001b[2Jno","orig":3}`) }, &serverErr},
		{"crowded", waitingRig, func(r *rig, p *rigPeer) { r.says(`{"type":"error","error":"crowded","orig":{}}`) }, ErrCrowded},
		{"reclaimed", waitingRig, func(r *rig, p *rigPeer) { r.says(`{"type":"error","error":"reclaimed","orig":{}}`) }, ErrCodeUsed},
		{"error without orig", waitingRig, func(r *rig, p *rigPeer) { r.says(`{"type":"error","error":"crowded"}`) }, ErrCrowded},
		{"error about release", agreedRig, func(r *rig, p *rigPeer) {
			r.says(`{"type":"error","error":"no such nameplate","orig":{"type":"release"}}`)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if raceEnabled && strings.Contains(c.name, "MiB") {
				t.Skip("slow under the race detector")
			}
			r := newRig(t)
			p := c.to(r)
			c.do(r, p)
			err := r.m.ended()
			switch want := c.want.(type) {
			case nil:
				if err != nil {
					t.Fatalf("error %v", err)
				}
			case error:
				if !errors.Is(err, want) {
					t.Fatalf("error %v, want %v", err, want)
				}
			default:
				if !errors.As(err, want) {
					t.Fatalf("error %v, want a %T", err, want)
				}
			}
			if err != nil {
				checkText(t, err.Error())
				r.pass(waitClose)
				if r.m.stage != done {
					t.Errorf("stage %d after closing", r.m.stage)
				}
			}
			if n := r.m.inbox.bytes; n > maxWaitingBytes {
				t.Errorf("keeps %d bytes", n)
			}
		})
	}
}

// checkText refuses error texts that a person couldn't read or that could do
// something to a terminal.
func checkText(t *testing.T, s string) {
	t.Helper()
	if len(s) > 1000 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
		t.Errorf("error text %q", s)
	}
}

// A session goes on as if third sides weren't there, whenever they speak.
func TestThirdSideIsIgnored(t *testing.T) {
	r := newRig(t)
	third := newPeer(t, "third", "7-some-other-secret")
	speak := func() {
		r.message("third", "pake", third.pake())
		r.message("third", "version", "00")
		r.message("third", "0", "00")
	}
	r.toWaiting()
	r.message("third", "version", "00")
	p := newPeer(t, "peer", rigCode)
	r.message("peer", "pake", p.pake())
	p.finish(r.m)
	speak()
	r.message("peer", "version", p.seal("version", "{}"))
	speak()
	r.message("peer", "0", p.seal("0", "hello"))
	speak()
	if msg, ok := r.m.inbox.take(); !ok || string(msg) != "hello" {
		t.Errorf("received %q, error %v", msg, r.m.err)
	}
}

// Every flipped bit in a body ends the session, or changes nothing.
func TestBitFlips(t *testing.T) {
	flip := func(body string, i int) string {
		b, err := hex.DecodeString(body)
		if err != nil {
			t.Fatal(err)
		}
		b[i] ^= 1 << (i % 8)
		return hex.EncodeToString(b)
	}
	for i := range len(newPeer(t, "peer", rigCode).pake()) / 2 {
		r := newRig(t)
		r.toWaiting()
		p := newPeer(t, "peer", rigCode)
		good := p.pake()
		bad := flip(good, i)
		r.message("peer", "pake", bad)
		p.finish(r.m)
		r.message("peer", "version", p.seal("version", "{}"))
		a, _ := hex.DecodeString(good)
		b, _ := hex.DecodeString(bad)
		if sameElement := strings.EqualFold(string(a), string(b)); (r.m.stage == confirmed) != sameElement {
			t.Errorf("pake: byte %d flipped: stage %d, error %v", i, r.m.stage, r.m.err)
		}
	}
	agreedOnce := newRig(t)
	p := agreedOnce.toAgreed()
	for _, phase := range []string{"version", "0"} {
		body := p.seal(phase, `{"app_versions":{}}`)
		for i := range len(body) / 2 {
			m := *agreedOnce.m
			m.stage, m.err = agreed, nil
			if phase == "0" {
				m.stage = confirmed
			}
			m.inbox = inbox{}
			m.received(agreedOnce.now, fmt.Appendf(nil, `{"type":"message","side":%q,"phase":%q,"body":%q}`, p.side, phase, flip(body, i)))
			if m.err == nil {
				t.Errorf("%s: byte %d flipped: no error", phase, i)
			}
		}
	}
}

func TestWelcomeStrings(t *testing.T) {
	for name, motd := range map[string]string{
		"megabyte":  strings.Repeat("x", 900_000),
		"escape":    "\x1b[2J\x1b]0;title\a\x1b]52;c;aGk=\a",
		"bidi":      "\u202egnp.exe",
		"C1":        "\u009b2J",
		"NUL":       "a\x00b",
		"lines":     strings.Repeat("line\n", 50),
		"returns":   "a\rb\r\nc",
		"not UTF-8": "\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.m.connected(r.now)
			b, err := json.Marshal(map[string]any{"type": "welcome", "welcome": map[string]string{"motd": motd}})
			if err != nil {
				t.Fatal(err)
			}
			r.m.received(r.now, b)
			if r.m.err != nil || len(r.m.motd) == 0 || len(r.m.motd) > motdLines {
				t.Fatalf("%q, error %v", r.m.motd, r.m.err)
			}
			for _, line := range r.m.motd {
				checkText(t, line)
				if n := utf8.RuneCountInString(line); n > motdWidth {
					t.Errorf("a line of %d characters", n)
				}
			}
			r = newRig(t)
			r.m.connected(r.now)
			b, _ = json.Marshal(map[string]any{"type": "welcome", "welcome": map[string]string{"error": motd}})
			r.m.received(r.now, b)
			checkText(t, r.m.err.Error())
		})
	}
}

func TestAllocatedNameplates(t *testing.T) {
	for _, n := range []string{"", "0", "07", "1234567890", "\x1b[2J", "7-x", "７", strings.Repeat("1", 1e5)} {
		r := newRig(t)
		r.welcome()
		r.m.allocate(r.now)
		b, _ := json.Marshal(map[string]string{"type": "allocated", "nameplate": n})
		r.m.received(r.now, b)
		if !errors.Is(r.m.err, ErrMalformed) {
			t.Errorf("nameplate %.20q: error %v", n, r.m.err)
		}
	}
}

func TestHugeNameplateList(t *testing.T) {
	r := newRig(t)
	r.welcome()
	r.m.list(r.now)
	r.says(`{"type":"nameplates","nameplates":[%s{"id":"x"},null,{}]}`, strings.Repeat(`{"id":"1"},`, 60_000))
	if r.m.err != nil || len(r.m.nameplates) != maxNameplates {
		t.Errorf("%d nameplates, error %v", len(r.m.nameplates), r.m.err)
	}
}

// The peer's messages before its pake are looked at afterwards.
func TestMessagesBeforePake(t *testing.T) {
	r := newRig(t)
	r.toWaiting()
	p := newPeer(t, "peer", rigCode)
	p.finish(r.m)
	r.message("peer", "1", p.seal("1", "second"))
	r.message("peer", "0", p.seal("0", "first"))
	r.message("peer", "version", p.seal("version", "{}"))
	r.message("peer", "pake", p.pake())
	r.echo()
	for _, want := range []string{"first", "second"} {
		if msg, ok := r.m.inbox.take(); !ok || string(msg) != want {
			t.Errorf("received %q, error %v", msg, r.m.err)
		}
	}
	r.pass(time.Hour)
	if r.m.err != nil {
		t.Error(r.m.err)
	}
}
