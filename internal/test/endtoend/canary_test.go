//go:build linux

package endtoend

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"sesame/internal/test/lab"
)

// What nobody in between may see. Nothing of it occurs by chance.
const (
	canaryName    = "canary-in-the-name.txt"
	canaryContent = "canary-in-the-content"
	canaryWord    = "canaryword"
	canaryWord2   = "secondcanary"
	canaryText    = "canary-in-a-text"
)

// T-A1-1. Fails if a server in between sees a name, content, a code word or an address
// of the local network, as it is or in the usual disguises.
func TestCanaries(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
	}{
		{"native", nil},
		{"classic", []string{"--classic"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.record()
			content := strings.Repeat(canaryContent+"\n", 20_000)
			writeText(t, filepath.Join(w.out, canaryName), content, 0o644)
			// Packed, content couldn't be recognised.
			receiver := w.crossRecorded(r, append(test.flags, "--relay-only"), "--no-compress", canaryName)
			said(t, receiver, `Connected: relay .*`+test.name)
			same(t, filepath.Join(w.in, canaryName), filepath.Join(w.out, canaryName))
			// Without a relay addresses of the local network are exchanged.
			w.crossRecorded(r, append(test.flags, "--direct-only"), canaryName)
			w.crossRecorded(r, test.flags, "--text", canaryText)

			seen := r.seen(t)
			if seen.bytes < len(content) || seen.bodies < 18 {
				t.Fatalf("only %d bytes and %d bodies were recorded, so nothing can be said", seen.bytes, seen.bodies)
			}
			for _, canary := range []string{
				canaryName, canaryContent, canaryWord, canaryWord2, canaryText,
				w.sender.Address, w.receiver.Address,
			} {
				for _, where := range seen.find(canary) {
					t.Errorf("%q was seen %s", canary, where)
				}
			}
		})
	}
}

// crossRecorded sends something by way of the recorder. It returns the
// receiver.
func (w *world) crossRecorded(r *recorder, flags []string, what ...string) *lab.Process {
	w.t.Helper()
	code := fmt.Sprintf("%d-%s-%s", 1000+nameplates.Add(1), canaryWord, canaryWord2)
	s, v := w.sending(code, append(flags, what...)...), w.receiving(code, append(flags, "--code-raw")...)
	for _, args := range [][]string{s.args, v.args} {
		for i, arg := range args {
			if arg == w.url {
				args[i] = r.url
			}
		}
	}
	// The server tells of its relay where it listens itself.
	s.args = append(s.args[:1:1], append([]string{"--relay", r.address}, s.args[1:]...)...)
	v.args = append(v.args[:1:1], append([]string{"--relay", r.address}, v.args[1:]...)...)
	sender, receiver := w.start(s), w.start(v)
	w.finish(sender, receiver, 0, 0)
	return receiver
}

// Fails if the search for canaries doesn't find one that is there.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	const canary = "10.99.123.45"
	for name, planted := range disguises(canary) {
		for shift := range 3 {
			around := append(bytes.Repeat([]byte{0xfe}, shift), planted...)
			body, _ := json.Marshal(map[string]string{"type": "add", "phase": "0", "body": hex.EncodeToString(append(around, 'x'))})
			message, _ := json.Marshal(map[string]string{"type": "claim", "nameplate": string(planted)})
			if name == "UTF-16, little end first" || name == "UTF-16, big end first" {
				message = nil // JSON can't hold them
			}
			for where, stream := range map[string][]byte{
				"as raw bytes":        around,
				"in a body":           webSocket(body),
				"in a mailbox frame":  webSocket(message),
				"after another frame": append(webSocket([]byte(`{"type":"ack"}`)), webSocket(body)[len(upgraded):]...),
			} {
				if where == "in a mailbox frame" && message == nil {
					continue
				}
				r := &recorder{}
				r.streams = append(r.streams, &recording{from: "a test", data: stream})
				if len(r.seen(t).find(canary)) == 0 {
					t.Errorf("a canary in %s, %s, %d bytes shifted, is not found", name, where, shift)
				}
			}
		}
	}
	// base64 of something that the canary is in the middle of.
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte("abc"[:shift] + canary + "xyz"))
		r := &recorder{streams: []*recording{{from: "a test", data: []byte(text)}}}
		if len(r.seen(t).find(canary)) == 0 {
			t.Errorf("base64 with the canary %d bytes after a group's begin is not found", shift)
		}
	}
}

// Fails if the recorder doesn't see what goes through it.
func TestRecorderSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.record()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "please relay %s\n", canaryContent)
	conn.(*net.TCPConn).CloseWrite()
	conn.Read(make([]byte, 100)) // until the relay has had enough
	conn.Close()
	until(t, patience, "it is recorded", func() bool { return len(r.seen(t).find(canaryContent)) > 0 })
	// The code's nameplate is no secret: it is there whenever a code is used.
	writeText(t, filepath.Join(w.out, canaryName), "content", 0o644)
	w.crossRecorded(r, nil, canaryName)
	if plate := fmt.Sprintf(`"nameplate":"%d"`, 1000+nameplates.Load()); len(r.seen(t).find(`"nameplate":"`)) == 0 {
		t.Errorf("%s isn't seen", plate)
	}
}

// disguises returns the forms in which a text may hide.
func disguises(s string) map[string][]byte {
	forms := map[string][]byte{
		"plain":          []byte(s),
		"hex":            []byte(hex.EncodeToString([]byte(s))),
		"upper-case hex": []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))),
	}
	var little, big []byte
	for _, u := range utf16.Encode([]rune(s)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	forms["UTF-16, little end first"], forms["UTF-16, big end first"] = little, big
	// In base64 the text may begin at any of three places of a group. The
	// digits at its ends depend on what is around it.
	for shift := range 3 {
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL-safe base64": base64.RawURLEncoding} {
			digits := enc.EncodeToString(append(make([]byte, shift), s...))
			first := (shift*8 + 5) / 6
			last := (shift + len(s)) * 8 / 6
			forms[fmt.Sprintf("%s, %d", name, shift)] = []byte(digits[first:last])
		}
	}
	return forms
}

// evidence is what was seen in all streams, taken apart.
type evidence struct {
	bytes  int
	bodies int // of mailbox messages
	parts  []part
}

type part struct {
	where string
	data  []byte
}

// find says where a canary was seen, and as what.
func (e *evidence) find(canary string) (where []string) {
	for name, form := range disguises(canary) {
		for _, p := range e.parts {
			if bytes.Contains(p.data, form) {
				where = append(where, "as "+name+" "+p.where)
			}
		}
	}
	return where
}

// Fails if what this test relies on isn't so: frames aren't compressed, or
// recorded streams would say nothing.
func (r *recorder) seen(t *testing.T) *evidence {
	t.Helper()
	e := &evidence{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		e.bytes += len(s.data)
		e.parts = append(e.parts, part{"on the wire from " + s.from, s.data})
		if bytes.Contains(s.data, []byte("permessage-deflate")) && bytes.HasPrefix(s.data, []byte("HTTP/1.1 101")) {
			t.Fatal("frames are compressed: the recorder can't read them")
		}
		for _, message := range messages(s.data) {
			e.parts = append(e.parts, part{"in a message from " + s.from, message})
			var m struct{ Body string }
			if json.Unmarshal(message, &m) != nil || m.Body == "" {
				continue
			}
			body, err := hex.DecodeString(m.Body)
			if err != nil {
				t.Fatalf("a body isn't hex: %v", err)
			}
			e.bodies++
			e.parts = append(e.parts, part{"in a body from " + s.from, body})
		}
	}
	return e
}
