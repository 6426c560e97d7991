package manifest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// encode returns the pieces of m, which may break any rule.
func encode(m *manifest.Manifest, limit int) [][]byte {
	var pieces [][]byte
	e := manifest.NewEncoder(m)
	for piece := e.Next(limit); piece != nil; piece = e.Next(limit) {
		pieces = append(pieces, piece)
	}
	return pieces
}

// decode takes pieces as a receiver does that was told the right sums.
func decode(pieces [][]byte, count int, total int64) (*manifest.Manifest, error) {
	var d manifest.Decoder
	for _, piece := range pieces {
		if err := d.Add(piece); err != nil {
			return nil, err
		}
	}
	return d.Finish(count, total)
}

// list returns a manifest of some files ("a/b"), directories ("a/") and links
// ("a/l -> b"), in the order given.
func list(names ...string) *manifest.Manifest {
	m := new(manifest.Manifest)
	for _, name := range names {
		path, target, link := strings.Cut(name, " -> ")
		switch {
		case link:
			m.Entries = append(m.Entries, manifest.Entry{Path: path, Kind: manifest.Link, Target: target})
		case strings.HasSuffix(name, "/"):
			m.Entries = append(m.Entries, manifest.Entry{Path: strings.TrimSuffix(name, "/"), Kind: manifest.Dir})
		default:
			m.Entries = append(m.Entries, manifest.Entry{Path: name, Kind: manifest.File, Size: 1})
		}
	}
	return m
}

// names is the inverse of list.
func names(m *manifest.Manifest) []string {
	var out []string
	for _, e := range m.Entries {
		switch e.Kind {
		case manifest.Dir:
			out = append(out, e.Path+"/")
		case manifest.Link:
			out = append(out, e.Path+" -> "+e.Target)
		default:
			out = append(out, e.Path)
		}
	}
	return out
}

// wantRule fails unless err is an *Error whose rule has want in it.
func wantRule(t *testing.T, err error, want string) {
	t.Helper()
	var e *manifest.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want an *Error that says %q", err, want)
	}
	if !strings.Contains(e.Rule, want) {
		t.Errorf("rule is %q, want one with %q", e.Rule, want)
	}
}

func at(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
