package transit_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sesame/transit"
)

func direct(host string, port int) transit.Hint {
	return transit.Hint{Type: "direct-tcp-v1", Hostname: host, Port: port}
}

func relayHint(inner ...transit.Hint) transit.Hint {
	return transit.Hint{Type: "relay-v1", Hints: inner}
}

// What peers send, and what hostile ones might.
// Fails if two sides with no sort of path in common are sent looking for one, or
// two that may have one aren't.
func TestCanMeet(t *testing.T) {
	both, direct, relays := (*transit.Config)(nil).Abilities(), (&transit.Config{NoRelay: true}).Abilities(), (&transit.Config{NoDirect: true}).Abilities()
	for _, c := range []struct {
		a, b []transit.Ability
		want bool
	}{
		{both, both, true}, {both, direct, true}, {both, relays, true}, {direct, direct, true}, {relays, relays, true},
		{direct, relays, false},
		{direct, nil, true}, // it says nothing
		{relays, []transit.Ability{{Type: "of tomorrow"}}, false},
	} {
		if transit.CanMeet(c.a, c.b) != c.want || transit.CanMeet(c.b, c.a) != c.want {
			t.Errorf("%v and %v: want %v", c.a, c.b, c.want)
		}
	}
}

func TestParseHints(t *testing.T) {
	ok := direct("192.0.2.2", 45891)
	for _, c := range []struct {
		name, hints string
		want        []transit.Hint
		dropped     int
	}{
		{"python direct", `[{"type":"direct-tcp-v1","priority":0.0,"hostname":"192.0.2.2","port":45891}]`, []transit.Hint{ok}, 0},
		{"python relay", `[{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","priority":0.0,"hostname":"transit.magic-wormhole.io","port":4001}]}]`,
			[]transit.Hint{relayHint(direct("transit.magic-wormhole.io", 4001))}, 0},
		{"william direct", `[{"hostname":"192.0.2.2","port":45891,"priority":0,"type":"direct-tcp-v1","hints":null}]`, []transit.Hint{ok}, 0},
		{"william relay", `[{"hostname":"","port":0,"priority":0,"type":"relay-v1","hints":[{"hostname":"transit.magic-wormhole.io","port":4001,"priority":2,"type":"direct-tcp-v1"}]}]`,
			[]transit.Hint{relayHint(transit.Hint{Type: "direct-tcp-v1", Hostname: "transit.magic-wormhole.io", Port: 4001, Priority: 2})}, 0},
		{"rust IPv6", `[{"type":"direct-tcp-v1","hostname":"2001:db8::1","port":1234}]`, []transit.Hint{direct("2001:db8::1", 1234)}, 0},
		{"rust null name", `[{"type":"relay-v1","name":null,"hints":[{"type":"websocket","url":"wss://relay.example.org/"}]}]`,
			[]transit.Hint{relayHint(transit.Hint{Type: "websocket", URL: "wss://relay.example.org/"})}, 0},
		{"four spellings of WebSocket", `[{"type":"relay-v1","hints":[{"type":"websocket","url":"ws://a/"},{"type":"websocket-v1","url":"ws://a/"},
			{"type":"direct-ws-v1","hostname":"b","port":4002},{"type":"direct-wss-v1","hostname":"c","port":443}]}]`,
			[]transit.Hint{relayHint(transit.Hint{Type: "websocket", URL: "ws://a/"}, transit.Hint{Type: "websocket-v1", URL: "ws://a/"},
				transit.Hint{Type: "direct-ws-v1", Hostname: "b", Port: 4002}, transit.Hint{Type: "direct-wss-v1", Hostname: "c", Port: 443})}, 0},
		{"what a relay bears, and what is wanted there", `[{"type":"relay-v1","lanes":8,"wanted":4,"hints":[{"type":"websocket","url":"ws://a/"}]}]`,
			[]transit.Hint{{Type: "relay-v1", Lanes: 8, Wanted: 4, Hints: []transit.Hint{{Type: "websocket", URL: "ws://a/"}}}}, 0},
		{"more than anybody may have", `[{"type":"relay-v1","lanes":17,"wanted":9007199254740993,"hints":[{"type":"websocket","url":"ws://a/"}]}]`,
			[]transit.Hint{{Type: "relay-v1", Lanes: 16, Wanted: 16, Hints: []transit.Hint{{Type: "websocket", URL: "ws://a/"}}}}, 0},
		{"what is no number of lanes", `[{"type":"relay-v1","lanes":-1,"wanted":"8","hints":[{"type":"websocket","url":"ws://a/"}]},
			{"type":"relay-v1","lanes":1e99,"wanted":2.5,"hints":[{"type":"websocket","url":"ws://b/"}]},{"type":"relay-v1","lanes":[8],"wanted":{},"hints":[{"type":"websocket","url":"ws://c/"}]},
			{"type":"relay-v1","lanes":0,"wanted":null,"hints":[{"type":"websocket","url":"ws://d/"}]}]`,
			[]transit.Hint{relayHint(transit.Hint{Type: "websocket", URL: "ws://a/"}), relayHint(transit.Hint{Type: "websocket", URL: "ws://b/"}),
				relayHint(transit.Hint{Type: "websocket", URL: "ws://c/"}), relayHint(transit.Hint{Type: "websocket", URL: "ws://d/"})}, 0},
		{"wanted at whichever relay", `[{"type":"relay-v1","hints":[],"wanted":1},{"type":"relay-v1","hints":[],"lanes":8}]`, []transit.Hint{{Type: "relay-v1", Wanted: 1}}, 1},
		{"UDP beside TCP", `[{"type":"sesame-udp-v1","hostname":"192.0.2.2","port":1234,"beside":true},{"type":"sesame-udp-v1","hostname":"192.0.2.3","port":1234,"beside":"true"}]`,
			[]transit.Hint{{Type: "sesame-udp-v1", Hostname: "192.0.2.2", Port: 1234, Beside: true}, {Type: "sesame-udp-v1", Hostname: "192.0.2.3", Port: 1234}}, 0},
		{"room for more", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":45891,"room":4},{"type":"direct-tcp-v1","hostname":"192.0.2.3","port":1234,"room":"4"},{"type":"direct-tcp-v1","hostname":"192.0.2.4","port":1234,"room":1e9}]`,
			[]transit.Hint{{Type: "direct-tcp-v1", Hostname: "192.0.2.2", Port: 45891, Room: 4}, direct("192.0.2.3", 1234), {Type: "direct-tcp-v1", Hostname: "192.0.2.4", Port: 1234}}, 0},
		{"null", `null`, nil, 0},
		{"not a list", `{"type":"direct-tcp-v1"}`, nil, 0},
		{"a string", `"direct-tcp-v1"`, nil, 0},
		{"empty", `[]`, nil, 0},
		{"items that are no objects", `[1,"x",null,[],true]`, nil, 5},
		{"unknown type", `[{"type":"carrier-pigeon-v1","hostname":"192.0.2.2","port":1234}]`, nil, 1},
		{"tor", `[{"type":"tor-tcp-v1","hostname":"abcdef.onion","port":1234}]`, nil, 1},
		{"type is a number", `[{"type":7,"hostname":"192.0.2.2","port":1234}]`, nil, 1},
		{"port missing", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2"}]`, nil, 1},
		{"port 0", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":0}]`, nil, 1},
		{"port -1", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":-1}]`, nil, 1},
		{"port 65536", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":65536}]`, nil, 1},
		{"port is a string", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":"80"}]`, nil, 1},
		{"port 80.5", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":80.5}]`, nil, 1},
		{"port null", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":null}]`, nil, 1},
		{"priority is a string", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":1234,"priority":"NaN"}]`, nil, 1},
		{"priority 1e309", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":1234,"priority":1e309}]`, nil, 1},
		{"hostname missing", `[{"type":"direct-tcp-v1","port":1234}]`, nil, 1},
		{"hostname is null", `[{"type":"direct-tcp-v1","hostname":null,"port":1234}]`, nil, 1},
		{"hostname of 256 bytes", `[{"type":"direct-tcp-v1","hostname":"` + strings.Repeat("a", 256) + `","port":1234}]`, nil, 1},
		{"relay in a relay", `[{"type":"relay-v1","hints":[{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","hostname":"a","port":4001}]}]}]`, nil, 2},
		{"WebSocket outside of a relay", `[{"type":"websocket","url":"ws://a/"}]`, nil, 1},
		{"relay without addresses", `[{"type":"relay-v1","hints":null}]`, nil, 1},
		{"a bad one among good ones", `[{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":45891},{"port":1},{"type":"direct-tcp-v1","hostname":"192.0.2.3","port":1234}]`,
			[]transit.Hint{ok, direct("192.0.2.3", 1234)}, 1},
		{"one hint a thousand times", `[` + strings.TrimSuffix(strings.Repeat(`{"type":"direct-tcp-v1","hostname":"192.0.2.2","port":45891},`, 1000), ",") + `]`, []transit.Hint{ok}, 999},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m transit.Message
			if err := json.Unmarshal([]byte(`{"abilities-v1":[{"type":"direct-tcp-v1"}],"hints-v1":`+c.hints+`,"more":{}}`), &m); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.Hints, c.want) || m.Dropped != c.dropped {
				t.Errorf("got %+v, %d dropped\nwant %+v, %d dropped", m.Hints, m.Dropped, c.want, c.dropped)
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	hints := make([]string, 100000)
	for i := range hints {
		switch {
		case i >= 2000:
			hints[i] = `{}`
		case i%2 == 0:
			hints[i] = fmt.Sprintf(`{"type":"direct-tcp-v1","hostname":"h%d","port":1234}`, i)
		default:
			hints[i] = fmt.Sprintf(`{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","hostname":"r%d","port":4001}]}`, i)
		}
	}
	var m transit.Message
	if err := json.Unmarshal([]byte(`{"hints-v1":[`+strings.Join(hints, ",")+`]}`), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Hints) > 100 || len(m.Hints)+m.Dropped != 100000 {
		t.Errorf("kept %d, dropped %d", len(m.Hints), m.Dropped)
	}
}

func TestParseMessage(t *testing.T) {
	for _, c := range []struct {
		in        string
		abilities int
		fails     bool
	}{
		{`{}`, 0, false},
		{`null`, 0, false},
		{`{"abilities-v1":null,"hints-v1":null}`, 0, false},
		{`{"abilities-v1":[{"type":"direct-tcp-v1"},{"type":"relay-v1"},{"type":"x"},{},7]}`, 3, false},
		{`{"abilities-v1":"all"}`, 0, false},
		{`[]`, 0, true},
		{`"transit"`, 0, true},
		{`7`, 0, true},
		{`{"hints-v1":[{"type":"direct-tcp-v1","priority":NaN}]}`, 0, true}, // not JSON
	} {
		var m transit.Message
		err := json.Unmarshal([]byte(c.in), &m)
		if (err != nil) != c.fails || len(m.Abilities) != c.abilities {
			t.Errorf("%s: %d abilities, %v", c.in, len(m.Abilities), err)
		}
	}
}

// The strictest readers refuse a whole message for one odd hint.
func TestEmitIsStrict(t *testing.T) {
	for _, c := range []struct {
		name string
		in   transit.Message
		want string
	}{
		{"nothing", transit.Message{}, `{"abilities-v1":[],"hints-v1":[]}`},
		{"direct", transit.Message{Abilities: []transit.Ability{{Type: "direct-tcp-v1"}}, Hints: []transit.Hint{direct("192.0.2.2", 45891)}},
			`{"abilities-v1":[{"type":"direct-tcp-v1"}],"hints-v1":[{"type":"direct-tcp-v1","priority":0,"hostname":"192.0.2.2","port":45891}]}`},
		{"name, port 0 and zone left out", transit.Message{Hints: []transit.Hint{direct("host.example.org", 1), direct("192.0.2.2", 0), direct("192.0.2.2", 65536)}},
			`{"abilities-v1":[],"hints-v1":[]}`},
		{"one TCP address a relay", transit.Message{Hints: []transit.Hint{relayHint(direct("a.example.org", 4001), direct("b.example.org", 4001))}},
			`{"abilities-v1":[],"hints-v1":[{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","priority":0,"hostname":"a.example.org","port":4001}]}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(c.in)
			if err != nil || string(got) != c.want {
				t.Errorf("%s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestRelayIsOfferedInBothSpellings(t *testing.T) {
	e := listen(t, transit.Leader, &transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: "relay.example.org:4001", URL: "wss://relay.example.org/transit"}}})
	got, err := json.Marshal(e.Message())
	want := `{"abilities-v1":[{"type":"relay-v1"}],"hints-v1":[{"type":"relay-v1","hints":[` +
		`{"type":"direct-tcp-v1","priority":0,"hostname":"relay.example.org","port":4001},` +
		`{"type":"websocket","url":"wss://relay.example.org/transit"},{"type":"websocket-v1","url":"wss://relay.example.org/transit"}]}]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

func FuzzParseHints(f *testing.F) {
	for _, seed := range []string{
		`{"abilities-v1":[{"type":"direct-tcp-v1"}],"hints-v1":[{"type":"direct-tcp-v1","priority":0.0,"hostname":"192.0.2.2","port":45891}]}`,
		`{"hints-v1":[{"hostname":"","port":0,"priority":0,"type":"relay-v1","hints":[{"hostname":"a","port":4001,"type":"direct-tcp-v1"},{"type":"websocket","url":"wss://a/"}]}]}`,
		`{"hints-v1":null}`, `[]`, `{"hints-v1":[{"type":"direct-tcp-v1","hostname":"::ffff:127.0.0.1","port":443}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, again transit.Message
		if json.Unmarshal(b, &m) != nil {
			return
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || again.Dropped != 0 {
			t.Fatalf("what is emitted isn't read back: %s: %v, %d dropped", out, err, again.Dropped)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != string(out) {
			t.Fatalf("%s became %s", out, second)
		}
	})
}
