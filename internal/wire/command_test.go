package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func ptr(s string) *string { return &s }

func TestParseCommand(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Command
	}{
		{"bind", `{"type":"bind","appid":"a","side":"b","client_version":["x","1"],"id":"0d3c"}`,
			Command{Type: Bind, ID: ptr("0d3c"), AppID: ptr("a"), Side: ptr("b"), ClientVersion: []string{"x", "1"}}},
		{"absent and empty differ", `{"type":"add","body":""}`, Command{Type: Add, Body: ptr("")}},
		{"null is absent", `{"type":"claim","nameplate":null}`, Command{Type: Claim}},
		{"unknown keys", `{"type":"list","colour":{"a":[1]}}`, Command{Type: List}},
		{"no type", `{"appid":"a"}`, Command{AppID: ptr("a")}},
		{"white space", " \r\n\t{\"type\" : \"list\"} \n", Command{Type: List}},
		{"the last of two", `{"type":"list","type":"ping"}`, Command{Type: Ping}},
		{"any ping", `{"type":"ping","ping":{"a":[1,null]}}`, Command{Type: Ping, Ping: json.RawMessage(`{"a":[1,null]}`)}},
		{"brackets in strings", `{"type":"add","phase":"` + strings.Repeat("[{", 20) + `\"["}`, Command{Type: Add, Phase: ptr(strings.Repeat("[{", 20) + `"[`)}},
	} {
		got, err := ParseCommand([]byte(c.in))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}

func TestParseCommandRefuses(t *testing.T) {
	type field struct {
		name string
		max  int
	}
	bad := map[string]string{
		"empty":            "",
		"space":            " ",
		"not json":         "bind",
		"null":             "null",
		"array":            `[{"type":"bind"}]`,
		"string":           `"bind"`,
		"cut":              `{"type":"bind"`,
		"trailing":         `{"type":"bind"}x`,
		"byte order mark":  "\ufeff{}",
		"type number":      `{"type":1}`,
		"side object":      `{"type":"bind","side":{}}`,
		"phase number":     `{"type":"add","phase":0}`,
		"phase huge":       `{"type":"add","phase":1e309}`,
		"client_version":   `{"type":"bind","client_version":[1,2]}`,
		"client_version 2": `{"type":"bind","client_version":"x"}`,
		"deep ping":        `{"type":"ping","ping":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`,
		"very deep":        strings.Repeat(`{"a":`, 100_000),
	}
	for _, f := range []field{{"type", MaxID}, {"id", MaxID}, {"appid", MaxAppID}, {"side", MaxSide}, {"nameplate", MaxNameplate},
		{"mailbox", MaxMailbox}, {"phase", MaxPhase}, {"body", MaxBody}, {"mood", MaxID}, {"method", MaxID}, {"stamp", 1024}} {
		value := func(n int) string { return fmt.Sprintf(`{"type":"x",%q:%q}`, f.name, strings.Repeat("a", n)) }
		bad["long "+f.name] = value(f.max + 1)
		if _, err := ParseCommand([]byte(value(f.max))); err != nil {
			t.Errorf("longest %s: %v", f.name, err)
		}
	}
	for name, in := range bad {
		if c, err := ParseCommand([]byte(in)); !errors.Is(err, ErrMalformed) || !reflect.DeepEqual(c, Command{}) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

func TestValidNameplate(t *testing.T) {
	for s, want := range map[string]bool{
		"0": true, "7": true, "007": true, strings.Repeat("1", 40): true,
		"": false, strings.Repeat("1", 41): false, "١٢": false, "1e3": false, "-1": false, "7\n": false, " 7": false, "😀": false,
	} {
		if got := ValidNameplate(s); got != want {
			t.Errorf("ValidNameplate(%q) = %v", s, got)
		}
	}
}

// What is parsed can be written and parsed again.
func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{
		`{"type":"bind","appid":"a","side":"b","client_version":["x","1"],"id":"0d3c"}`,
		`{"type":"claim","nameplate":"4"}`, `{"type":"add","phase":"pake","body":"00"}`,
		`{"type":"close","mailbox":"m","mood":"happy"}`, `{"type":"ping","ping":[1,{"a":null}]}`,
		`{"type":"add","phase":0}`, `{"type":1e309}`, `[]`, `{`, "{\"type\":\"\xff\"}", `{"ping":null}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseCommand(in)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%v isn't ErrMalformed", err)
			}
			return
		}
		out := c.Encode()
		again, err := ParseCommand(out)
		if tooLong := len(out) > len(in); err != nil && !tooLong { // invalid UTF-8 grows when it is replaced
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if err == nil && !bytes.Equal(again.Encode(), out) {
			t.Errorf("%q became %q, then %q", in, out, again.Encode())
		}
	})
}
