//go:build !js

package manifest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"sesame/tree/manifest"
)

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
