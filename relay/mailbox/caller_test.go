package mailbox

import (
	"strconv"
	"strings"
	"testing"

	"sesame/internal/wire"
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
	w.give(s, `{"type":"ping","ping":1,"id":"ab12"}`)
	w.give(s, `{"type":"ping","ping":1}`)
	w.give(s, `{"type":"add","phase":0,"id":"cd34"}`)
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
		w.give(s, c.frame)
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
