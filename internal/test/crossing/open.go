//go:build !js

package crossing

import (
	"path/filepath"
	"testing"

	"sesame/transfer"
)

// File returns a source of n bytes in a file of its own, "data.bin".
func File(t testing.TB, n int) *transfer.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.bin")
	Write(t, path, Bytes(n), 0o644)
	return Open(t, path)
}

// Folder returns a source of n bytes in a file "f" of a directory, "top".
func Folder(t testing.TB, n int) *transfer.Source {
	t.Helper()
	top := filepath.Join(t.TempDir(), "top")
	Write(t, filepath.Join(top, "f"), Bytes(n), 0o644)
	return Open(t, top)
}

// Open is transfer.Open of what is there, until the test ends.
func Open(t testing.TB, paths ...string) *transfer.Source {
	t.Helper()
	src, err := transfer.Open(paths...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}
