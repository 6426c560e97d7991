package bolt

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// Fails when something that was answered is gone, something that was removed is there again, or a group is there in part, after
// a process was killed at any of its writes, syncs, renames and removals, in the log or in the file, while that is being
// written all the time; and the next one as well, which has first to do again what is in the log.
// Each thread has a count of its own, so it is only about that one.
func TestKilledAtAnyCall(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	if err := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:signal=KILL:when=65000", "true").Run(); err != nil {
		t.Skip("strace can't inject here: ", err)
	}
	var logs []string
	for i := range 40 {
		logs = append(logs, fmt.Sprint("state.log-", i+1))
	}
	for _, c := range []struct {
		call  string
		files []string
		at    []int
	}{
		{"pwrite64", logs, []int{1, 2, 3, 33, 34, 35, 38, 43, 51, 64, 85}}, // 32 make room for what comes behind the first
		{"pwrite64", []string{"state"}, []int{1, 2, 3, 4, 6, 9, 14, 22, 35}},
		{"fdatasync", logs, []int{1, 2, 3, 4, 6, 9, 14, 22, 35, 56}},
		{"fdatasync", []string{"state"}, []int{1, 2, 3, 4, 6, 9, 14, 22}},
		{"renameat", nil, []int{1, 2, 3, 4, 6}},
		{"unlinkat", nil, []int{2, 3, 4, 5, 7}},
	} {
		t.Run(c.call+" of "+fmt.Sprintf("%.11s", append(c.files, "any")[0]), func(t *testing.T) {
			t.Parallel()
			some := false
			for _, n := range c.at {
				dir, answered := t.TempDir(), map[string]int{}
				args := []string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + c.call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", c.call, n)}
				for _, f := range c.files {
					args = append(args, "-P", filepath.Join(dir, f))
				}
				for range 2 {
					cmd := exec.Command(strace, append(slices.Clone(args), os.Args[0])...)
					cmd.Env = append(os.Environ(), often+"=1")
					cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // strace, and whom it kills
					kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
					if why := outlive(t, cmd, kill, dir, 4000, answered); why != "" {
						t.Errorf("killed at call %d: %s", n, why)
					}
				}
				complete(t, dir, answered)
				some = some || len(answered) > 0
			}
			if !some {
				t.Error("nothing was ever answered: the test is broken")
			}
		})
	}
}
