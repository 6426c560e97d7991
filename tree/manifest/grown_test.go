//go:build !js

package manifest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// Fails if a file that has only grown since it was listed is taken for one that
// changed, or the other way round, however it is read.
func TestGrown(t *testing.T) {
	const size = 20_000
	content := bytes.Repeat([]byte("0123456789"), size/10)
	with := func(at int, text string) []byte {
		b := append(slices.Clone(content), "more"...)
		copy(b[at:], text)
		return b
	}
	for _, c := range []struct {
		name  string
		after []byte
		grown bool
	}{
		{"grown", with(0, ""), true},
		{"grown, and another beginning", with(10, "x"), false},
		{"grown, and another end of what was there", with(size-10, "x"), false},
		{"as it was", content, false},
	} {
		for _, marked := range []bool{true, false} {
			dir := tree(t, "p/f", "p/g")
			path := dir + "/p/f"
			if err := os.WriteFile(path, content, 0o666); err != nil {
				t.Fatal(err)
			}
			_, s := walk(t, dir+"/p")
			if marked {
				if err := s.Mark(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(os.WriteFile(path, c.after, 0o666), os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))); err != nil {
				t.Fatal(err)
			}
			var changed *manifest.ChangedError
			read := make([]byte, size)
			if err := s.Read(1, read); (err == nil) != (c.grown && marked) || err != nil && !errors.As(err, &changed) {
				t.Errorf("%s, marked: %v: Read returns %v", c.name, marked, err)
			} else if err == nil && !bytes.Equal(read, content) {
				t.Errorf("%s: Read gives something else", c.name)
			}
			f, err := s.Open(1)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := io.ReadFull(f, read); err != nil {
				t.Fatal(err)
			}
			if err := s.Changed(f, 1); (err == nil) != (c.grown && marked) || err != nil && !errors.As(err, &changed) {
				t.Errorf("%s, marked: %v: Changed returns %v", c.name, marked, err)
			}
			var want []int
			if c.grown && marked {
				want = []int{1}
			}
			if got := s.Grown(); !slices.Equal(got, want) {
				t.Errorf("%s, marked: %v: grown are %v", c.name, marked, got)
			}
		}
	}
}

// Fails if one log in a large folder of old files isn't known to have grown.
func TestGrownAmongManyOldFiles(t *testing.T) {
	names := []string{"p/z.log"}
	for i := range 3000 {
		names = append(names, "p/"+strings.Repeat("a", i%200+1)+string(rune('a'+i/200)))
	}
	dir := tree(t, names...)
	old := time.Now().Add(-1000 * time.Hour)
	for _, name := range names[1:] {
		if err := os.Chtimes(dir+"/"+name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	m, s := walk(t, dir+"/p")
	if err := s.Mark(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := len(m.Entries) - 1
	if m.Entries[last].Path != "p/z.log" {
		t.Fatal(m.Entries[last].Path)
	}
	if err := os.WriteFile(dir+"/p/z.log", []byte("p/z.log and more"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(last, make([]byte, len("p/z.log"))); err != nil || !slices.Equal(s.Grown(), []int{last}) {
		t.Errorf("%v, grown: %v", err, s.Grown())
	}
}
