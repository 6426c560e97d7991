//go:build unix

package manifest_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs the calling test again as a user who may not read everything.
func asNobody(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "manifest-test-")
	if err != nil {
		t.Skip("no directory that everybody can reach:", err)
	}
	defer os.RemoveAll(dir)
	program := dir + "/test"
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run", "^"+t.Name()+"$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "=== RUN") {
		t.Skip("can't become another user:", err)
	}
	if err != nil {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}
