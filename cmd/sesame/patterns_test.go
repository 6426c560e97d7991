package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Fails if a pattern stands for something else than on Windows.
func TestMatching(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "B.TXT", "c.doc", "[1].txt", "no", ".hidden.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	in := dir + string(filepath.Separator)
	for _, c := range []struct{ args, want []string }{
		{[]string{"a.txt"}, []string{"a.txt"}},
		{[]string{"*.txt"}, []string{".hidden.txt", "B.TXT", "[1].txt", "a.txt"}},
		{[]string{"[*.txt", "no"}, []string{"[1].txt", "no"}},
		{[]string{"?.doc", "missing"}, []string{"c.doc", "missing"}},
		{[]string{"*.*"}, []string{".hidden.txt", "B.TXT", "[1].txt", "a.txt", "c.doc", "no"}},
		{[]string{in + "n?"}, []string{in + "no"}},
		{[]string{"*a*t*"}, []string{"a.txt"}},
	} {
		got, err := matching(c.args, os.ReadDir)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q is %q, %v; want %q", c.args, got, err, c.want)
		}
	}
	var usage *usageError
	if got, err := matching([]string{"*.png"}, os.ReadDir); !errors.As(err, &usage) {
		t.Errorf("nothing matches, and it is %q, %v", got, err)
	}
}
