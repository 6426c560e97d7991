//go:build !js

package manifest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A nameless is what a disk without object ids says of a file in a listing: what it
// is, but not which, so that os.SameFile takes it for no other.
type nameless struct{ fs.FileInfo }

// Fails if what a listing says of a directory decides whether it still is the same
// one: then everything below the first is left out on such disks.
func TestWalkWhereAListingSaysNotWhichFileItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	for _, path := range []string{"a/b/c/deep", "a/empty", "a/file", "e/x", "last"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		content := []byte(filepath.Base(path))
		if filepath.Base(path) == "empty" {
			content = nil
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m, s, err := walk(t.Context(), []string{dir}, nil, func(d *os.File, n int) ([]fs.FileInfo, error) {
		infos, err := d.Readdir(n)
		for i := range infos {
			infos[i] = nameless{infos[i]}
		}
		return infos, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var paths []string
	for i, e := range m.Entries {
		paths = append(paths, e.Path)
		if e.Kind != File {
			continue
		}
		f, err := s.Open(i)
		if err != nil {
			t.Errorf("%s: %v", e.Path, err)
			continue
		}
		if err := s.Changed(f, i); err != nil {
			t.Error(err)
		}
		f.Close()
	}
	want := []string{"p", "p/a", "p/a/b", "p/a/b/c", "p/a/b/c/deep", "p/a/empty", "p/a/file", "p/e", "p/e/x", "p/last"}
	if !slices.Equal(paths, want) || len(m.Skipped) != 0 {
		t.Errorf("listed %q, left out %v; want %q", paths, m.Skipped, want)
	}
}
