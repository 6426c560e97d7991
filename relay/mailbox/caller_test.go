package relay

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// A town is a board, a clock and some clients, all in memory.
type town struct {
	t     testing.TB
	b     *board
	now   time.Time
	made  int // senders of seats
	inbox map[*caller][]wire.Message
	hung  map[*caller]bool
}

func newTown(t testing.TB, l Limits) *town {
	n := 0
	newID := func() string { n++; return fmt.Sprintf("mailbox%d", n) }
	seed := 0
	pick := func(n int) int { seed = (seed*1103515245 + 12345) & 0x7fffffff; return seed / 7 % n }
	return &town{
		t: t, b: newBoard(l.WithDefaults(), true, pick, newID), now: time.Unix(1e9, 0),
		inbox: make(map[*caller][]wire.Message), hung: make(map[*caller]bool),
	}
}

// connect returns a connection that no rate holds for.
func (w *town) connect() *caller { return &caller{source: at("192.0.2.1"), local: true} }

// at returns the source of an address.
func at(ip string) source.Source {
	s, _ := source.Of(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
	return s
}

// from returns a bound connection of another source, for which rates hold.
func (w *town) from(ip, side string) *caller {
	s := &caller{source: at(ip)}
	w.do(s, `{"type":"bind","appid":"app","side":"`+side+`"}`)
	return s
}

// bound returns a connection of a side of the application "app".
func (w *town) bound(side string) *caller {
	s := w.connect()
	w.do(s, `{"type":"bind","appid":"app","side":"`+side+`"}`)
	return s
}

func (w *town) deliver(ds []delivery) {
	for _, d := range ds {
		switch {
		case d.hangUp:
			w.hung[d.to] = true
		case !d.goOn:
			w.inbox[d.to] = append(w.inbox[d.to], d.msg)
		}
	}
}

// do sends frames and returns what s has got since the last call, in brief.
func (w *town) do(s *caller, frames ...string) string {
	for _, f := range frames {
		w.deliver(w.b.handle(s, parseRequest([]byte(f)), w.now))
	}
	return w.got(s)
}

func (w *town) got(s *caller) string {
	var parts []string
	for _, m := range w.inbox[s] {
		p := m.Type
		switch m.Type {
		case wire.ErrorType:
			p = "error " + m.Error
			var orig map[string]any
			if json.Unmarshal(m.Orig, &orig) != nil {
				w.t.Errorf("orig isn't an object: %s", m.Orig)
			}
		case wire.Claimed:
			p += " " + m.Mailbox
		case wire.Allocated:
			p += " " + m.Nameplate
		case wire.Nameplates:
			sortNameplates(m.Nameplates)
			for _, n := range m.Nameplates {
				p += " " + n.ID
			}
		case wire.MessageType:
			p += fmt.Sprintf(" %s:%s=%s", m.Side, m.Phase, m.Body)
		case wire.Pong:
			p += " " + string(m.Pong)
		}
		parts = append(parts, p)
	}
	delete(w.inbox, s)
	return strings.Join(parts, ", ")
}

// want checks what a client gets for what it sends.
func (w *town) want(s *caller, frame, want string) {
	w.t.Helper()
	if got := w.do(s, frame); got != want {
		w.t.Errorf("%.200s\n got %s\nwant %s", frame, got, want)
	}
}

func (w *town) disconnect(s *caller) { w.deliver(w.b.disconnect(s, w.now)) }

// sweep does what is done each minute.
func (w *town) sweep() {
	for next := math.MaxInt; next > 0; {
		var out []delivery
		next, out = w.b.sweep(next, w.now)
		w.deliver(out)
	}
}

// empty checks that nothing is left but the quarantine.
func (w *town) empty() {
	w.t.Helper()
	if len(w.b.mailboxes) != 0 || w.b.bytes != 0 || w.b.sources.Sources() != 0 {
		w.t.Errorf("left: %d mailboxes, %d bytes, %d sources", len(w.b.mailboxes), w.b.bytes, w.b.sources.Sources())
	}
	plates := 0
	for _, a := range w.b.apps {
		plates += len(a.nameplates)
		if len(a.mailboxes) != 0 {
			w.t.Errorf("%d mailboxes are left in %q", len(a.mailboxes), a.id)
		}
	}
	if plates != w.b.used.Len() {
		w.t.Errorf("%d nameplates, %d of them used", plates, w.b.used.Len())
	}
}

func claimFrame(n string) string { return `{"type":"claim","nameplate":"` + n + `"}` }
func openFrame(m string) string  { return `{"type":"open","mailbox":"` + m + `"}` }
func addFrame(phase, body string) string {
	return `{"type":"add","phase":"` + phase + `","body":"` + body + `"}`
}

const (
	releaseFrame = `{"type":"release"}`
	closeFrame   = `{"type":"close","mood":"happy"}`
	listFrame    = `{"type":"list"}`
)

// Every error text, after every command that leads to it.
func TestErrors(t *testing.T) {
	const bind = `{"type":"bind","appid":"app","side":"a"}`
	for _, c := range []struct {
		name   string
		frames []string // the last one is refused
		want   string
	}{
		{"no type", []string{`{}`}, "error missing 'type'"},
		{"no type but an id", []string{`{"id":"1"}`}, "error missing 'type'"},
		{"ping without ping", []string{`{"type":"ping"}`}, "ack, error ping requires 'ping'"},
		{"list before bind", []string{listFrame}, "ack, error must bind first"},
		{"unknown before bind", []string{`{"type":"dance"}`}, "ack, error must bind first"},
		{"submit-permissions", []string{`{"type":"submit-permissions","method":"none"}`}, "ack, error must bind first"},
		{"bind without appid", []string{`{"type":"bind","side":"a"}`}, "ack, error bind requires 'appid'"},
		{"bind without side", []string{`{"type":"bind","appid":"app"}`}, "ack, error bind requires 'side'"},
		{"bind twice", []string{bind, bind}, "ack, error already bound"},
		{"bind to another app", []string{bind, `{"type":"bind","appid":"b","side":"b"}`}, "ack, error already bound"},
		{"unknown", []string{bind, `{"type":"dance"}`}, "ack, error unknown type"},
		{"allocate twice", []string{bind, `{"type":"allocate"}`, `{"type":"allocate"}`}, "ack, error you already allocated one, don't be greedy"},
		{"claim without nameplate", []string{bind, `{"type":"claim"}`}, "ack, error claim requires 'nameplate'"},
		{"claim twice", []string{bind, claimFrame("1"), claimFrame("1")}, "ack, error only one claim per connection"},
		{"reclaim", []string{bind, claimFrame("1"), releaseFrame}, "ack, released"},
		{"release twice", []string{bind, claimFrame("1"), releaseFrame, releaseFrame}, "ack, error only one release per connection"},
		{"release another", []string{bind, claimFrame("1"), `{"type":"release","nameplate":"2"}`}, "ack, error release and claim must use same nameplate"},
		{"release nothing", []string{bind, releaseFrame}, "ack, error release without nameplate must follow claim"},
		{"release after allocate", []string{bind, `{"type":"allocate"}`, releaseFrame}, "ack, error release without nameplate must follow claim"},
		{"release unknown", []string{bind, `{"type":"release","nameplate":"99"}`}, "ack, released"},
		{"open without mailbox", []string{bind, `{"type":"open"}`}, "ack, error open requires 'mailbox'"},
		{"open empty", []string{bind, openFrame("")}, "ack, error open requires 'mailbox'"},
		{"open twice", []string{bind, openFrame("m"), openFrame("m")}, "ack, error only one open per connection"},
		{"add unopened", []string{bind, addFrame("0", "00")}, "ack, error must open mailbox before adding"},
		{"add after close", []string{bind, openFrame("m"), closeFrame, addFrame("0", "00")}, "ack, error must open mailbox before adding"},
		{"add without phase", []string{bind, openFrame("m"), `{"type":"add","body":"00"}`}, "ack, error missing 'phase'"},
		{"add without body", []string{bind, openFrame("m"), `{"type":"add","phase":"0"}`}, "ack, error missing 'body'"},
		{"add another body", []string{bind, openFrame("m"), addFrame("0", "00"), addFrame("0", "01")}, "ack, error phase was already added with another body"},
		{"close twice", []string{bind, openFrame("m"), closeFrame, closeFrame}, "ack, error only one close per connection"},
		{"close another", []string{bind, openFrame("m"), `{"type":"close","mailbox":"n"}`}, "ack, error open and close must use same mailbox"},
		{"close nothing", []string{bind, closeFrame}, "ack, error close without mailbox must follow open"},
		{"close unopened", []string{bind, `{"type":"close","mailbox":"m","mood":"lonely"}`}, "ack, closed"},

		{"not json", []string{`hello`}, "error malformed message: not a JSON object"},
		{"empty frame", []string{``}, "error malformed message: not a JSON object"},
		{"null", []string{`null`}, "error malformed message: not a JSON object"},
		{"array", []string{`[{"type":"list"}]`}, "error malformed message: not a JSON object"},
		{"cut off", []string{`{"type":"list"`}, "error malformed message: not valid JSON"},
		{"two objects", []string{`{"type":"list"}{"type":"list"}`}, "error malformed message: not valid JSON"},
		{"invalid utf-8", []string{"{\"type\":\"ping\",\"ping\":\"\xff\"}"}, "error malformed message: not UTF-8"},
		{"deep", []string{`{"type":"ping","ping":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`}, "ack, error malformed message: nested deeper than 8"},
		{"type is a number", []string{`{"type":1}`}, `error malformed message: "type" has the wrong type`},
		{"phase is a number", []string{bind, openFrame("m"), `{"type":"add","phase":0,"body":"00"}`}, `ack, error malformed message: "phase" has the wrong type`},
		{"body is an object", []string{bind, openFrame("m"), `{"type":"add","phase":"0","body":{}}`}, `ack, error malformed message: "body" has the wrong type`},
		{"nameplate is a number", []string{bind, `{"type":"claim","nameplate":4}`}, `ack, error malformed message: "nameplate" has the wrong type`},
		{"mailbox is a list", []string{bind, `{"type":"open","mailbox":[]}`}, `ack, error malformed message: "mailbox" has the wrong type`},
		{"side is a number", []string{`{"type":"bind","appid":"app","side":7}`}, `ack, error malformed message: "side" has the wrong type`},
		{"client_version too short", []string{`{"type":"bind","appid":"app","side":"a","client_version":["x"]}`}, "ack"},
		{"long side", []string{`{"type":"bind","appid":"app","side":"` + strings.Repeat("s", 65) + `"}`}, `ack, error malformed message: "side" is longer than 64 bytes`},
		{"long appid", []string{`{"type":"bind","side":"a","appid":"` + strings.Repeat("s", 129) + `"}`}, `ack, error malformed message: "appid" is longer than 128 bytes`},
		{"long phase", []string{bind, openFrame("m"), addFrame(strings.Repeat("9", 65), "")}, `ack, error malformed message: "phase" is longer than 64 bytes`},
		{"long body", []string{bind, openFrame("m"), addFrame("0", strings.Repeat("0", wire.MaxBody+1))}, `ack, error malformed message: "body" is longer than 524288 bytes`},
		{"long id", []string{`{"type":"list","id":"` + strings.Repeat("i", 65) + `"}`}, `ack, error malformed message: "id" is longer than 64 bytes`},
		{"long type", []string{`{"type":"` + strings.Repeat("t", 65) + `"}`}, `error malformed message: "type" is longer than 64 bytes`},
		{"long ping", []string{`{"type":"ping","ping":"` + strings.Repeat("p", 5000) + `"}`}, "ack, error ping is too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, Limits{})
			s := w.connect()
			last := len(c.frames) - 1
			if got := w.do(s, c.frames[:last]...); strings.Contains(got, "error") {
				t.Fatalf("before: %s", got)
			}
			w.want(s, c.frames[last], c.want)
		})
	}
}

func TestNameplateForms(t *testing.T) {
	const refused = "ack, error a nameplate is 1 to 40 digits without leading zeros"
	for in, ok := range map[string]bool{
		"0": true, "1": true, "4711": true, strings.Repeat("9", 40): true,
		"": false, "00": false, "07": false, "1e3": false, "١٢": false, "１２": false, "😀": false, "-1": false, "+7": false,
		"7.0": false, "0x7": false, " 7": false, `7\n`: false, `\u0000`: false,
	} {
		w := newTown(t, Limits{})
		want := refused
		if ok {
			want = "ack, claimed mailbox1"
		}
		w.want(w.bound("a"), claimFrame(in), want)
	}
	w := newTown(t, Limits{})
	w.want(w.bound("a"), claimFrame(strings.Repeat("9", 41)), `ack, error malformed message: "nameplate" is longer than 40 bytes`)
	w.empty()
}

// The id of a command comes back in its ack, and null without one.
func TestAckID(t *testing.T) {
	w := newTown(t, Limits{})
	s := w.connect()
	w.deliver(w.b.handle(s, parseRequest([]byte(`{"type":"ping","ping":1,"id":"ab12"}`)), w.now))
	w.deliver(w.b.handle(s, parseRequest([]byte(`{"type":"ping","ping":1}`)), w.now))
	w.deliver(w.b.handle(s, parseRequest([]byte(`{"type":"add","phase":0,"id":"cd34"}`)), w.now))
	in := w.inbox[s]
	if *in[0].ID != "ab12" || in[2].ID != nil || *in[4].ID != "cd34" {
		t.Errorf("ids %v", in)
	}
	if b := string(in[2].Encode(w.now)); !strings.Contains(b, `"id":null`) {
		t.Errorf("ack without id is %s", b)
	}
}

// orig is the refused command; a long or broken one is cut down to what is
// still an object.
func TestOrig(t *testing.T) {
	for _, c := range []struct{ name, frame, want string }{
		{"short", `{"type":"list", "x": [1] }`, `{"type":"list", "x": [1] }`},
		{"long", `{"type":"list","id":"1","x":"` + strings.Repeat("x", 2000) + `"}`, `{"type":"list","id":"1"}`},
		{"broken", `{"type":`, `{}`},
		{"no object", `[]`, `{}`},
		{"wrong type", `{"type":"add","phase":7}`, `{"type":"add"}`},
	} {
		w := newTown(t, Limits{})
		s := w.connect()
		w.deliver(w.b.handle(s, parseRequest([]byte(c.frame)), w.now))
		in := w.inbox[s]
		if got := string(in[len(in)-1].Orig); got != c.want {
			t.Errorf("%s: orig %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPing(t *testing.T) {
	w := newTown(t, Limits{})
	s := w.connect()
	for _, v := range []string{`1`, `"x"`, `null`, `{"a":[1,2]}`} {
		w.want(s, `{"type":"ping","ping":`+v+`}`, "ack, pong "+v)
	}
}

func TestHappyPath(t *testing.T) {
	w := newTown(t, Limits{})
	a, b := w.bound("a"), w.bound("b")
	got := w.do(a, `{"type":"allocate"}`)
	n, ok := strings.CutPrefix(got, "ack, allocated ")
	if d, err := strconv.Atoi(n); !ok || err != nil || d < 1 || d > 9 {
		t.Fatalf("allocate: %s", got)
	}
	w.want(a, claimFrame(n), "ack, claimed mailbox1")
	w.want(a, openFrame("mailbox1"), "ack")
	w.want(a, addFrame("pake", "aa"), "ack, message a:pake=aa")
	w.got(b)
	w.want(b, listFrame, "ack, nameplates "+n)
	w.want(b, claimFrame(n), "ack, claimed mailbox1")
	w.want(b, openFrame("mailbox1"), "ack, message a:pake=aa")
	w.want(b, addFrame("pake", "bb"), "ack, message b:pake=bb")
	w.want(a, releaseFrame, "message b:pake=bb, ack, released")
	w.want(b, releaseFrame, "ack, released")
	w.want(b, listFrame, "ack, nameplates")
	w.want(a, addFrame("version", "cc"), "ack, message a:version=cc")
	w.want(b, closeFrame, "message a:version=cc, ack, closed")
	w.want(a, closeFrame, "ack, closed")
	w.empty()
	w.disconnect(a)
	w.disconnect(b)
	w.empty()
}
