package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/pake"
	"sesame/transfer/classic"
)

// A rogue is one client's visit to a mailbox server that does what a test says.
type rogue struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

// say sends one frame.
func (r *rogue) say(text string) {
	r.conn.Write(r.ctx, websocket.MessageText, []byte(text)) // the client may be gone
}

// tell sends a message as of a peer.
func (r *rogue) tell(side, phase, body string) {
	b, err := json.Marshal(map[string]any{"type": "message", "side": side, "phase": phase, "body": body, "id": "0"})
	if err != nil {
		r.t.Error(err)
	}
	r.say(string(b))
}

// until answers as a server does until the client sends a command of that type, or
// adds a message of that phase, which it returns; "" means until it goes.
func (r *rogue) until(what string) wire.Command {
	for {
		_, frame, err := r.conn.Read(r.ctx)
		if err != nil {
			return wire.Command{}
		}
		c, err := wire.ParseCommand(frame)
		if err != nil {
			r.t.Errorf("the client sent %q: %v", frame, err)
		}
		if c.Type == what || c.Type == wire.Add && *c.Phase == what {
			return c
		}
		switch c.Type {
		case wire.Claim:
			r.say(`{"type":"claimed","mailbox":"m"}`)
		case wire.Release:
			r.say(`{"type":"released"}`)
		case wire.Close:
			r.say(`{"type":"closed"}`)
		case wire.Ping:
			r.say(`{"type":"pong","pong":` + string(c.Ping) + `}`)
		}
	}
}

// met brings the client to where it has sent its pake.
func (r *rogue) met() string {
	r.say(`{"type":"welcome","welcome":{}}`)
	return *r.until("pake").Body
}

// peerPake is what somebody sends who has guessed another code.
func peerPake() string {
	x := pake.Start("7-wrong-guess", classic.AppID)
	return hexed(fmt.Sprintf(`{"pake_v1":"%x"}`, x.Message()))
}

func hexed(s string) string { return hex.EncodeToString([]byte(s)) }

// rogueServer starts a server that runs do for each client, then answers until
// the client goes.
func rogueServer(t *testing.T, do func(*rogue)) string {
	return webServer(t, func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		r := &rogue{t, req.Context(), conn}
		do(r)
		r.until("")
	})
}

func webServer(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/v1"
}

const escapes = `\u001b[2J\u001b]0;title\u0007\u001b]52;c;aGk=\u0007\u202e\u009b\r\nsesame: all is well`

// Fails if a mailbox server that misbehaves makes either command panic, hang,
// succeed, let the server's text control the terminal, say more than it should,
// or return another exit code than the documented one.
func TestRogueServer(t *testing.T) {
	element := func(b string) string { return hexed(`{"pake_v1":"` + b + `"}`) }
	for _, c := range []struct {
		name string
		do   func(r *rogue)
		code int
		says string
	}{
		{"turns away with escapes", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{"error":"` + escapes + `"}}`)
		}, exitServer, `turns clients away: \\u\{1b\}`},
		{"error with escapes", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{}}`)
			r.say(`{"type":"error","error":"` + escapes + `","orig":{}}`)
		}, exitServer, `refused: \\u\{1b\}`},
		{"message of the day with escapes", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{"motd":"` + escapes + strings.Repeat(`\nmore`, 1000) + `"}}`)
			r.until("pake")
			r.tell("x", "pake", hexed("null"))
		}, exitWrongCode, `(?m)^The server says: \\u\{1b\}\[2J`},
		{"megabytes of message of the day", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{"motd":"` + strings.Repeat("x", 900_000) + `"}}`)
			r.until("pake")
			r.tell("x", "pake", hexed("null"))
		}, exitWrongCode, `wrong code`},
		{"a frame of 2 MiB", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{},"x":"` + strings.Repeat("x", 2<<20) + `"}`)
		}, exitServer, `malformed message from the server`},
		{"deep nesting", func(r *rogue) {
			r.say(strings.Repeat(`{"welcome":`, 50_000) + "1" + strings.Repeat("}", 50_000))
		}, exitServer, `malformed message`},
		{"hashcash of 40 bits", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":40,"resource":"x"}}}}`)
		}, exitServer, `40 bits of work`},
		{"says nothing", func(r *rogue) {}, exitNetwork, `greeting didn't come within 15s`},
		{"claimed without a mailbox", func(r *rogue) {
			r.say(`{"type":"welcome","welcome":{}}`)
			r.until(wire.Claim)
			r.say(`{"type":"claimed","mailbox":""}`)
		}, exitServer, `malformed message`},
		{"pake null", func(r *rogue) { r.met(); r.tell("x", "pake", hexed("null")) }, exitWrongCode, `wrong code`},
		{"pake of no hex", func(r *rogue) { r.met(); r.tell("x", "pake", "zz") }, exitServer, `malformed message`},
		{"pake of one byte", func(r *rogue) { r.met(); r.tell("x", "pake", element("53")) }, exitWrongCode, `wrong code`},
		{"pake with the identity", func(r *rogue) {
			r.met()
			r.tell("x", "pake", element("5301"+strings.Repeat("00", 31)))
		}, exitWrongCode, `wrong code`},
		{"own pake reflected", func(r *rogue) { r.tell("x", "pake", r.met()) }, exitWrongCode, `wrong code`},
		{"version of 10 bytes", func(r *rogue) {
			r.met()
			r.tell("x", "pake", peerPake())
			r.tell("x", "version", strings.Repeat("00", 10))
		}, exitWrongCode, `wrong code`},
		{"own version reflected", func(r *rogue) {
			r.met()
			r.tell("x", "pake", peerPake())
			r.tell("x", "version", *r.until("version").Body)
		}, exitWrongCode, `wrong code`},
		{"pake twice, other phases, then a guess", func(r *rogue) {
			r.met()
			p := peerPake()
			r.tell("x", "hello", "00")
			r.tell("x", "pake", p)
			r.tell("x", "pake", p)
			r.tell("x", "pake", peerPake())
			r.tell("x", "0", "00")
			r.tell("x", "version", strings.Repeat("00", 60))
		}, exitWrongCode, `wrong code`},
		{"a crowd", func(r *rogue) {
			r.met()
			for i := range 30 {
				r.tell(fmt.Sprint("side", i), "version", "00")
			}
		}, exitWrongCode, `somebody disturbs the two of you at the server`},
	} {
		for _, verb := range []string{"send", "receive"} {
			t.Run(c.name+", "+verb, func(t *testing.T) {
				t.Parallel()
				args := []string{verb, "--server", rogueServer(t, c.do)}
				if verb == "send" {
					args = append(args, "--text", "hello", "--code", "7-galveston-goldfish")
				} else {
					args = append(args, "--yes", "7-galveston-goldfish")
				}
				judge(t, args, c.code, c.says)
			})
		}
	}
}

// Fails if a nameplate that a server makes up reaches the screen as a code.
func TestRogueNameplate(t *testing.T) {
	for _, nameplate := range []string{`7\u001b[2J`, "0", "-1", "", strings.Repeat("1", 100_000), "7-a", "٧"} {
		t.Run(fmt.Sprintf("%.10s", nameplate), func(t *testing.T) {
			t.Parallel()
			server := rogueServer(t, func(r *rogue) {
				r.say(`{"type":"welcome","welcome":{}}`)
				r.until(wire.Allocate)
				r.say(`{"type":"allocated","nameplate":"` + nameplate + `"}`)
			})
			log := judge(t, []string{"send", "--server", server, "--text", "hello"}, exitServer, `malformed message`)
			if strings.Contains(log, "sesame receive") {
				t.Errorf("a code is shown:\n%s", log)
			}
		})
	}
}

// Fails if something else than a mailbox server is taken for one, or followed.
func TestNoMailboxServer(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"web page":           {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>log in") }, `this is a web page`},
		"missing":            {http.NotFound, `HTTP status 404`},
		"redirect elsewhere": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://192.0.2.1/v1", 302) }, `redirects to another one`},
	} {
		t.Run(name, func(t *testing.T) {
			judge(t, []string{"receive", "--server", webServer(t, c.handler), "7-galveston-goldfish"}, exitNetwork, c.says)
		})
	}
}

// judge runs a command line and returns what it said.
func judge(t *testing.T, args []string, code int, says string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	var log bytes.Buffer
	got := run(ctx, args, quiet(&log), noEnvironment)
	text := log.String()
	if ctx.Err() != nil {
		t.Fatalf("hangs; it said:\n%.2000s", text)
	}
	if got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	if !regexp.MustCompile(says).MatchString(text) {
		t.Errorf("nothing said like %s", says)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("the terminal gets %q", text[i:min(len(text), i+10)])
	}
	if strings.Count(text, "\nsesame: ") > 1 || len(text) > 2000 || strings.Contains(text, "goroutine") {
		t.Error("it says too much")
	}
	if t.Failed() {
		t.Logf("it said:\n%.2000s", text)
	}
	return text
}
