//go:build !js

package manifest_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sesame/tree/manifest"
)

func TestOpenEverythingAtOnce(t *testing.T) {
	dir := tree(t, "p/a/1", "p/a/2", "p/b/1", "p/b/c/1", "p/3", "q/1", "r")
	m, s := walk(t, dir+"/p", dir+"/q", dir+"/r")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, e := range m.Entries {
				if e.Kind != manifest.File {
					continue
				}
				f, err := s.Open(i)
				if err != nil {
					t.Error(err)
					continue
				}
				if b, err := io.ReadAll(f); string(b) != e.Path || err != nil {
					t.Errorf("%s holds %q, %v", e.Path, b, err)
				}
				if err := s.Changed(f, i); err != nil {
					t.Error(err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				p := make([]byte, e.Size)
				if err := s.Read(i, p); string(p) != e.Path || err != nil {
					t.Errorf("%s read as %q, %v", e.Path, p, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestOpenRefusesOtherEntries(t *testing.T) {
	dir := tree(t, "p/f")
	_, s := walk(t, dir+"/p")
	for _, i := range []int{-1, 0, 2, 1 << 40} {
		if f, err := s.Open(i); f != nil || err == nil {
			t.Errorf("Open(%d) = %v, %v", i, f, err)
		}
	}
	if err := os.Remove(dir + "/p/f"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a removed file: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(1); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestChanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(path string) error
		want   string
	}{
		{"longer", func(path string) error { return os.WriteFile(path, []byte("new and more"), 0o666) }, "is now 12 bytes, was 3"},
		{"cut", func(path string) error { return os.Truncate(path, 0) }, "is now 0 bytes, was 3"},
		{"written to", func(path string) error {
			when := time.Unix(1_700_000_000, 0)
			return errors.Join(os.WriteFile(path, []byte("new"), 0o666), os.Chtimes(path, when, when))
		}, "was written to"},
	} {
		for _, when := range []string{"before Open", "after Open"} {
			t.Run(c.name+" "+when, func(t *testing.T) {
				dir := tree(t, "p/f")
				_, s := walk(t, dir+"/p")
				change := func() {
					if err := c.change(dir + "/p/f"); err != nil {
						t.Fatal(err)
					}
				}
				var changed *manifest.ChangedError
				if when == "before Open" {
					change()
					if err := s.Read(1, make([]byte, 3)); !errors.As(err, &changed) || changed.How.Words() != c.want {
						t.Errorf("Read returns %v, want %q", err, c.want)
					}
				}
				f, err := s.Open(1)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if when == "after Open" {
					if err := s.Changed(f, 1); err != nil {
						t.Errorf("nothing changed, but: %v", err)
					}
					change()
				}
				if err := s.Changed(f, 1); !errors.As(err, &changed) || changed.Path != "p/f" || changed.How.Words() != c.want {
					t.Errorf("Changed returns %v, want %q", err, c.want)
				}
			})
		}
	}
}

func TestPathIsAsItWasNamed(t *testing.T) {
	dir := tree(t, "p/d/f", "q")
	t.Chdir(dir)
	m, s := walk(t, "./p", "q")
	for i, want := range []string{"p", filepath.Join("p", "d"), filepath.Join("p", "d", "f"), "q"} {
		if got := s.Path(i); got != want {
			t.Errorf("Path of %s is %q, want %q", m.Entries[i].Path, got, want)
		}
	}
}
