package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sesame/internal/wire"
)

func TestParseMessage(t *testing.T) {
	id := "ab12"
	for _, c := range []struct {
		name, in string
		want     wire.Message
	}{
		{"welcome", `{"welcome":{"motd":"hi","your-address":{"port":7,"ipv4":"192.0.2.1"},"x":[1]},"type":"welcome","server_tx":1.5}`,
			wire.Message{Type: "welcome", Welcome: &wire.Welcome{MOTD: "hi", YourAddress: &wire.Address{Port: 7, IPv4: "192.0.2.1"}}}},
		{"empty welcome", `{"type":"welcome","welcome":{}}`, wire.Message{Type: "welcome", Welcome: &wire.Welcome{}}},
		{"ack", `{"type":"ack","id":"ab12"}`, wire.Message{Type: "ack", ID: &id}},
		{"ack of null", `{"type":"ack","id":null}`, wire.Message{Type: "ack"}},
		{"ack of a number", `{"type":"ack","id":12}`, wire.Message{Type: "ack"}},
		{"ack of NaN at NaN", `{"type":"ack","id":NaN,"server_tx":-Infinity}`, wire.Message{Type: "ack"}},
		{"time as a string", `{"type":"claimed","mailbox":"m","server_tx":"noon"}`, wire.Message{Type: "claimed", Mailbox: "m"}},
		{"time NaN", `{"type":"claimed","mailbox":"NaN \" NaN","server_tx":NaN}`, wire.Message{Type: "claimed", Mailbox: `NaN " NaN`}},
		{"time Infinity at the end", `{"type":"released","server_tx":Infinity}`, wire.Message{Type: "released"}},
		{"nameplates", `{"type":"nameplates","nameplates":[{"id":"4"},{"id":"7","x":1}]}`,
			wire.Message{Type: "nameplates", Nameplates: []wire.Nameplate{{ID: "4"}, {ID: "7"}}}},
		{"message", `{"type":"message","side":"s","phase":"0","body":"00ff","id":"ab12"}`,
			wire.Message{Type: "message", Side: "s", Phase: "0", Body: "00ff", ID: &id}},
		{"error", `{"type":"error","error":"crowded","orig":{"type":"claim"}}`,
			wire.Message{Type: "error", Error: "crowded", Orig: json.RawMessage(`{"type":"claim"}`)}},
		{"moving", `{"type":"moving","after":7}`, wire.Message{Type: "moving", After: 7}},
		{"unknown type", `{"type":"news","side":3}`, wire.Message{Type: "news"}},
		{"duplicate keys", `{"type":"news","type":"allocated","nameplate":"4","nameplate":"5"}`,
			wire.Message{Type: "allocated", Nameplate: "5"}},
		{"another type's key is nonsense", `{"type":"allocated","nameplate":"4","mailbox":{}}`,
			wire.Message{Type: "allocated", Nameplate: "4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := wire.ParseMessage([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestParseMessageRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"empty":                   ``,
		"null":                    `null`,
		"array":                   `[]`,
		"string":                  `"welcome"`,
		"number":                  `1`,
		"two objects":             `{"type":"ack"}{"type":"ack"}`,
		"cut":                     `{"type":"ack"`,
		"no type":                 `{}`,
		"empty type":              `{"type":""}`,
		"type is a number":        `{"type":1}`,
		"type in capitals":        `{"Type":"ack"}`,
		"byte order mark":         "\ufeff" + `{"type":"ack"}`,
		"not UTF-8":               "{\"type\":\"ack\",\"id\":\"\xff\"}",
		"HTML":                    `<!doctype html><html>`,
		"no welcome":              `{"type":"welcome"}`,
		"welcome is null":         `{"type":"welcome","welcome":null}`,
		"welcome is a string":     `{"type":"welcome","welcome":"hi"}`,
		"motd is a number":        `{"type":"welcome","welcome":{"motd":4}}`,
		"nameplate is a number":   `{"type":"allocated","nameplate":4}`,
		"mailbox is a number":     `{"type":"claimed","mailbox":4}`,
		"mailbox is NaN in quote": `{"type":"claimed","mailbox":NaNNaN}`,
		"phase is a number":       `{"type":"message","side":"s","phase":0,"body":""}`,
		"phase is 1e309":          `{"type":"message","side":"s","phase":1e309,"body":""}`,
		"body is an array":        `{"type":"message","side":"s","phase":"0","body":[]}`,
		"nesting":                 `{"type":"news","x":` + strings.Repeat("[", 1e5) + strings.Repeat("]", 1e5) + `}`,
		"nesting without end":     `{"type":"news","x":` + strings.Repeat("[", 1e5),
		"too long":                `{"type":"news","x":"` + strings.Repeat("x", wire.MaxFrame) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.ParseMessage([]byte(in)); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("got %+v, error %v", m, err)
			}
		})
	}
}

// A megabyte of numbers that aren't JSON costs no more than other megabytes.
func TestParseMessageOfManyNaN(t *testing.T) {
	in := `{"type":"news","x":[` + strings.Repeat("NaN,", 250_000) + `1]}`
	if m, err := wire.ParseMessage([]byte(in)); err != nil || m.Type != "news" {
		t.Errorf("got %+v, error %v", m, err)
	}
}

func FuzzParseMessage(f *testing.F) {
	for _, s := range []string{
		`{"welcome":{"motd":"hi"},"type":"welcome","server_tx":1.5}`,
		`{"type":"ack","id":NaN,"server_tx":-Infinity}`,
		`{"type":"nameplates","nameplates":[{"id":"4"}]}`,
		`{"type":"message","side":"s","phase":"0","body":"00ff","id":null}`,
		`{"type":"error","error":"crowded","orig":{"type":"claim"}}`,
		`{"type":"allocated","nameplate":"4"}`, `{"type":"claimed","mailbox":"m"}`, `{"type":"pong","pong":"\"NaN"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.ParseMessage(b)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := wire.ParseMessage(m.Encode(time.Unix(1, 0)))
		if err != nil {
			t.Fatalf("%s: what was parsed can't be parsed again: %v", b, err)
		}
		if m.Type != again.Type || m.Side != again.Side || m.Phase != again.Phase || m.Body != again.Body ||
			m.Mailbox != again.Mailbox || m.Nameplate != again.Nameplate || len(m.Nameplates) != len(again.Nameplates) {
			t.Fatalf("%+v became %+v", m, again)
		}
	})
}
