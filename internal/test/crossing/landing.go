//go:build !js

package crossing

import (
	"os"
	"path/filepath"
	"testing"
)

// A Landing is where a test receives into: a directory, or in a browser memory.
type Landing = *os.Root

// Dir opens a new directory, inside of another one that is its alone.
func Dir(t testing.TB) Landing {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "target")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// Names lists what is in dir, hidden or not.
func Names(t testing.TB, dir Landing) []string {
	t.Helper()
	entries, err := os.ReadDir(dir.Name())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
