package manifest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"sesame/tree/manifest"
)

// Fails if a name that only looks a little like a staging directory's can't be sent.
func TestReserved(t *testing.T) {
	for name, want := range map[string]bool{
		".holiday.abcdefghij234567.sesame":     true,
		"..abcdefghij234567.sesame":            true,
		".a.b.c.abcdefghij234567.sesame":       true,
		".Holiday.ABCDEFGHIJ234567.Sesame":     true,
		".holiday.abcdefghij234567.sesame ":    true,
		"holiday.abcdefghij234567.sesame":      false,
		".holiday.abcdefghij23456.sesame":      false,
		".holiday.abcdefghij234561.sesame":     false,
		".holiday.abcdefghij234567.sesame.txt": false,
		".abcdefghij234567.sesame":             false,
		".sesame":                              false,
		"":                                     false,
	} {
		if got := manifest.Reserved(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// Fails if what an interrupted transfer left in a folder is sent with it, or makes
// sending the folder a failure.
func TestWalkLeavesOutPartials(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	partial := filepath.Join(top, ".x.abcdefghij234567.sesame")
	if err := os.MkdirAll(partial, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(partial, "placing"), []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	m, src, err := manifest.Walk(context.Background(), []string{top}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if len(m.Entries) != 1 || len(m.Skipped) != 1 || m.Skipped[0].Missing {
		t.Errorf("listed %v, left out %v", m.Entries, m.Skipped)
	}
}
