//go:build !js

package transfer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes a file of n bytes.
func write(t testing.TB, path string, n int) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, make([]byte, n), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// open makes a Source that the test closes.
func open(t testing.TB, paths ...string) *Source {
	t.Helper()
	src, err := Open(paths...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func TestSourceTellsWhatItIs(t *testing.T) {
	file, top := filepath.Join(t.TempDir(), "data.bin"), filepath.Join(t.TempDir(), "photos")
	write(t, file, 7)
	write(t, filepath.Join(top, "a.txt"), 1)
	write(t, filepath.Join(top, "sub", "deep", "Größe.bin"), 10)
	for name, c := range map[string]struct {
		src        *Source
		name       string
		dir        bool
		size, then int64
	}{
		"file":              {open(t, file), "data.bin", false, 7, 7},
		"directory":         {open(t, top), "photos", true, -1, 11},
		"files":             {open(t, file, filepath.Join(top, "a.txt")), BundleName, false, 8, 8},
		"file, directory":   {open(t, file, top), BundleName, false, -1, 18},
		"directory by dots": {open(t, filepath.Join(top, "sub", "..")), "photos", true, -1, 11},
		"stream":            {FromReader("x", strings.NewReader("y")), "x", false, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			if s := c.src; s.Name() != c.name || s.IsDir() != c.dir || s.Size() != c.size || s.Manifest() != nil || s.String() == "" {
				t.Errorf("%s, directory: %v, %d bytes", s.Name(), s.IsDir(), s.Size())
			}
			called := false
			if err := c.src.Scan(t.Context(), func(entries int, bytes int64) { called = entries > 0 }); err != nil {
				t.Fatal(err)
			}
			if c.src.Size() != c.then || c.src.Manifest() == nil || called == (name == "stream") {
				t.Errorf("%d bytes after the walk; told: %v", c.src.Size(), called)
			}
			c.src.Close()
			if err := c.src.Scan(t.Context(), nil); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

// Fails if a name is refused that a receiver can have, or is given another, or if what
// would pass for something that is being received isn't.
func TestNamesThatCantBeSent(t *testing.T) {
	for name, fine := range map[string]bool{
		"a\nb": true, "gpj.\u202eexe": true, "\xff": true, `a\b`: true, "Icon\r": true, "\u05e9\u200f": true,
		".x.abcdefghij234567.sesame": false,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Skip(err)
		}
		s, err := Open(path)
		if fine && (err != nil || s.Name() != name) || !fine && (err == nil || !strings.Contains(err.Error(), "name")) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Open(); err == nil {
		t.Error("nothing can be opened")
	}
	if s, err := Open("/"); err != nil || !s.IsDir() {
		t.Errorf("the root of everything: %v", err)
	}
}
