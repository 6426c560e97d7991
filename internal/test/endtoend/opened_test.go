//go:build linux

package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Fails if a sender opens anything beside what it was told to send: what a link in
// the tree leads to, or a neighbour.
func TestOpensOnlyWhatIsSent(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	t.Parallel()
	w := worldOf(t, released)
	for _, dir := range []string{"tree/below", "secrets"} {
		if err := os.MkdirAll(filepath.Join(w.out, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"tree/first", "tree/below/second", "secrets/key", "neighbour"} {
		writeText(t, filepath.Join(w.out, path), path, 0o644)
	}
	for name, target := range map[string]string{"up": "../secrets", "file": "../secrets/key", "absolute": filepath.Join(w.out, "neighbour")} {
		if err := os.Symlink(target, filepath.Join(w.out, "tree", name)); err != nil {
			t.Fatal(err)
		}
	}
	code, trace := newCode(), filepath.Join(w.dir, "trace")
	s := w.sending(code, "tree")
	s.under = []string{strace, "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", trace}
	sender, receiver := w.start(s), w.start(w.receiving(code))
	w.finish(sender, receiver, 0, 0)
	opened, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"first": true, "second": true, "secrets": false, "key": false, "neighbour": false, "up": false, "file": false, "absolute": false} {
		if got := regexp.MustCompile(`[/"]` + name + `"`).Match(opened); got != want {
			t.Errorf("it opens %s: %v", name, got)
		}
	}
}
