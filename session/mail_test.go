package session

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"sesame/transit"
	"sesame/transit/way"
)

func TestForeignFirstMessage(t *testing.T) {
	for in, foreign := range map[string]bool{
		`{"offer":{"message":"hello"}}`:     true,
		`{"error":"transfer rejected"}`:     true,
		`{}`:                                true,
		`null`:                              true,
		`{"done":true}`:                     true,
		`{"hints":[]}`:                      false,
		`{"hints":[],"offer":"x"}`:          false,
		`{"error":{"class":1,"reason":""}}`: false,
		`[]`:                                false,
		`nonsense`:                          false,
		``:                                  false,
	} {
		b := []byte(in)
		_, err := firstMail(b, transit.Message{})
		var f *Foreign
		if errors.As(err, &f) != foreign {
			t.Errorf("%s: %v", in, err)
		}
		if foreign {
			b[0] = 'x'
			if string(f.Message) != in {
				t.Errorf("%s: kept as %s", in, f.Message)
			}
		}
	}
}

// A pigeon is a sort of path that only this test has.
type pigeon struct{}

func (pigeon) Form() way.Form {
	read := func(f way.Fields) (h way.Hint, _ int, ok bool) {
		return h, 0, json.Unmarshal(f.URL, &h.URL) == nil
	}
	write := func(h way.Hint) (any, bool) {
		return map[string]string{"type": "test-pigeon-v1", "url": h.URL}, true
	}
	return way.Form{Type: "test-pigeon-v1", Read: read, Write: write, Parsed: 1, Kept: 1}
}

func (pigeon) Tier() way.Tier                                      { return way.Straight }
func (pigeon) Classic() bool                                       { return false }
func (pigeon) Allowed(*way.Config) bool                            { return true }
func (pigeon) Open(context.Context, *way.Site) (way.Finder, error) { return way.Plain{}, nil }

// Fails if hints of a way that a caller has added are lost by mailbox, or if they reach
// somebody who hasn't.
func TestHintsOfWaysOfOnesOwn(t *testing.T) {
	with := (&Config{Transit: &transit.Config{Ways: transit.Ways().With(pigeon{})}}).message()
	without := (&Config{}).message()
	m := &mail{Hints: []transit.Hint{{Type: "test-pigeon-v1", URL: "loft"}}}
	for _, test := range []struct {
		from, to transit.Message
		want     int
	}{{with, with, 1}, {with, without, 0}, {without, with, 0}} {
		b, err := m.encode(test.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := firstMail(b, test.to)
		if err != nil || len(got.Hints) != test.want || test.want == 1 && got.Hints[0].URL != "loft" {
			t.Errorf("%s: %+v, %v", b, got, err)
		}
	}
}

// Fails if what this side has made of the peer's messages is lost by mailbox, or anything
// is taken for it that is no number of messages.
func TestSeen(t *testing.T) {
	b, err := (&mail{Hints: nonNil(nil), Seen: 2}).encode(transit.Message{})
	if want := `{"hints":{"abilities-v1":[],"hints-v1":[]},"seen":2}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	for in, want := range map[string]int{
		string(b): 2, `{"hints":{},"seen":2147483647}`: 2147483647, `{"hints":{}}`: 0, `{"seen":3}`: 0,
		`{"hints":{},"seen":-1}`: -1, `{"hints":{},"seen":1.5}`: -1, `{"hints":{},"seen":"2"}`: -1, `{"hints":{},"seen":1e40}`: -1,
	} {
		m, err := parseMail([]byte(in), transit.Message{})
		if got := -1; err == nil {
			got = m.Seen
			if got != want {
				t.Errorf("%s: %d, want %d", in, got, want)
			}
		} else if want != got {
			t.Errorf("%s: %v", in, err)
		}
	}
}
