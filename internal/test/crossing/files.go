package crossing

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Write makes a file, with the directories that it needs.
func Write(t testing.TB, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// Bytes returns n bytes that are the same every time and don't compress.
func Bytes(n int) []byte {
	b := make([]byte, n)
	x := uint64(n) + 88172645463325252
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

// Tree lists everything below dir with its mode.
func Tree(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(dir, path)
		out = append(out, fmt.Sprintf("%s %v", rel, info.Mode()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
