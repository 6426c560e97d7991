//go:build linux

package staging_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Fails if a call that the disk refuses, at any stage, leaves something under a
// final name that isn't whole, is taken for success, ends in a panic, or costs the
// next run what had arrived; or if a call that was only interrupted fails it.
func TestDiskThatRefuses(t *testing.T) {
	strace := tracer(t)
	s := killTree()
	for _, c := range []struct {
		inject string
		says   string // "" if it must succeed
	}{
		{"mkdirat:error=EDQUOT:when=3", "disk quota used up"},
		{"write:error=EIO:when=5", "the disk has failed"},
		{"write:error=EINTR:when=5", ""},
		{"pwrite64:error=EDQUOT:when=2", "disk quota used up"},
		{"pwrite64:error=ENOSPC:when=4", "disk full"},
		{"pwrite64:error=EINTR:when=2", ""},
		{"pwrite64:error=ESTALE:when=3", "the disk isn't there any more"},
		{"utimensat:error=EIO:when=4", "the disk has failed"},
		{"fdatasync,fsync,syncfs:error=EIO", "the disk has failed"},
		{"symlinkat:error=EIO", "the disk has failed"},
		{"renameat2:error=EIO:when=2", "the disk has failed"},
		{"renameat2:error=EXDEV:when=1", ""}, // it is copied
	} {
		t.Run(c.inject, func(t *testing.T) {
			t.Parallel()
			path := shm(t)
			cmd := start(t, "sync", path, "env", "GOMAXPROCS=1", strace, "-f", "-qq", "-o", "/dev/null", "-e", "inject="+c.inject)
			err := cmd.Wait()
			said := cmd.Stderr.(*bytes.Buffer).String()
			var exit *exec.ExitError
			switch {
			case c.says == "" && err != nil, c.says != "" && (!errors.As(err, &exit) || exit.ExitCode() != 1):
				t.Fatalf("%v: %s", err, said)
			case !strings.Contains(strings.ToLower(said), c.says), strings.Count(said, "\n") > 1 && strings.Contains(said, "goroutine"):
				t.Errorf("it says %q", said)
			}
			whole(t, path, s, c.says == "")
			if c.says == "" {
				return
			}
			if !wait(t, start(t, "nosync", path)) {
				t.Fatal("killed, by whom?")
			}
			whole(t, path, s, true)
			if names, _ := filepath.Glob(filepath.Join(path, ".*")); len(names) != 0 {
				t.Errorf("left %v", names)
			}
		})
	}
}
