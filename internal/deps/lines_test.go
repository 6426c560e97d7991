package deps_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// Fails when a file has more lines than one can keep in mind. Those of tests and those
// that a program has written may have more.
func TestFilesAreShort(t *testing.T) {
	seen := 0
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if n := bytes.Count(text, []byte("\n")); n > deps.Lines && !bytes.HasPrefix(text, []byte("// Code generated")) {
			t.Errorf("%s has %d lines, more than %d: part it by subject", name, n, deps.Lines)
		}
	})
	if seen < 300 {
		t.Fatalf("only %d files found: the walk is broken", seen)
	}
}
