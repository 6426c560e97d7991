package staging_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// Fails if a disk that can have every name is said to lack some, if finding out leaves
// anything behind, or if where nothing can be made anything is made up.
func TestNamesOfADisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	got := staging.Names(dir)
	if system := manifest.SystemRules(runtime.GOOS); got.Lacks&system.Lacks != system.Lacks || runtime.GOOS == "linux" && got != (manifest.Rules{Longest: manifest.MaxName}) {
		t.Errorf("it is said to lack %b, and to have %d bytes", got.Lacks, got.Longest)
	}
	if left, err := os.ReadDir(path); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.Remove(path); err != nil {
		t.Skip("it can't be removed while it is open:", err)
	}
	if got := staging.Names(dir); got != manifest.SystemRules(runtime.GOOS) {
		t.Errorf("of no directory it is said that it lacks %b", got.Lacks)
	}
}
