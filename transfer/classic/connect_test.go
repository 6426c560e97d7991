package classic

import (
	"context"
	"encoding/json"
	"testing"

	"sesame/transit"
	"sesame/transit/way"
)

// A pigeon is a sort of path that only this test has. It leads nowhere, and says which
// hints it is given.
type pigeon struct{ given chan []way.Hint }

func (pigeon) Form() way.Form {
	read := func(f way.Fields) (h way.Hint, _ int, ok bool) {
		return h, 0, json.Unmarshal(f.URL, &h.URL) == nil
	}
	write := func(h way.Hint) (any, bool) {
		return map[string]string{"type": "test-pigeon-v1", "url": h.URL}, true
	}
	return way.Form{Type: "test-pigeon-v1", Read: read, Write: write, Parsed: 1, Kept: 1}
}

func (pigeon) Tier() way.Tier           { return way.Straight }
func (pigeon) Classic() bool            { return true }
func (pigeon) Allowed(*way.Config) bool { return true }
func (p pigeon) Open(context.Context, *way.Site) (way.Finder, error) {
	return pigeonFinder{given: p.given}, nil
}

type pigeonFinder struct {
	way.Plain
	given chan []way.Hint
}

func (f pigeonFinder) Hints() []way.Hint {
	return []way.Hint{{Type: "test-pigeon-v1", URL: "loft"}}
}

func (f pigeonFinder) Peer(hints []way.Hint) ([]way.Route, []way.Attempt) {
	select {
	case f.given <- hints:
	default:
	}
	return nil, nil
}

// Fails if hints of a way that a caller has added aren't written for the peer, or are
// lost when the peer's are read.
func TestHintsOfWaysOfOnesOwn(t *testing.T) {
	p := pigeon{make(chan []way.Hint, 1)}
	listen := listenTransit(&transit.Config{Ways: new(way.Set).With(p)}, func(transit.Path) {})
	e, err := listen(t.Context(), true, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	hints, err := e.hints()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.connect(t.Context(), hints); err == nil {
		t.Error("a pigeon has connected")
	}
	select {
	case got := <-p.given:
		if len(got) != 1 || got[0].URL != "loft" {
			t.Errorf("%s is read as %+v", hints, got)
		}
	default:
		t.Errorf("nobody was given the hints of %s", hints)
	}
}
