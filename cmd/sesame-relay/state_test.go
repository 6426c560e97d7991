package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Fails when a directory that was named and can't be had is gone without, or when it isn't
// said why and what to do.
func TestStateThatCantBeHad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(dir, "used")
	p := start(t, "--listen", "127.0.0.1:0", "--no-stun", "--state", used)
	for at, want := range map[string]string{
		file: "give another directory with --state",
		used: "another sesame-relay uses it",
	} {
		cmd := command(t, "--listen", "127.0.0.1:0", "--no-stun", "--state", at)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitListen || !strings.Contains(string(out), want) || strings.Contains(string(out), "export") {
			t.Errorf("%s: exit code %d\n%s", at, code, out)
		}
	}
	if _, log, _ := p.stop(syscall.SIGTERM); !strings.Contains(log, "kept on disk") {
		t.Errorf("it isn't said where mailboxes are kept:\n%s", log)
	}
}

// Fails when it isn't said loudly that mailboxes are kept in memory only because there is
// no directory for them.
func TestMemoryOnlyIsSaid(t *testing.T) {
	cmd := command(t, "--listen", "127.0.0.1:0", "--no-stun", "--quiet")
	if os.Getuid() == 0 { // who may write everywhere
		cmd = exec.Command("unshare", append([]string{"--mount", "sh", "-c", "mount -t tmpfs -o ro tmpfs /var/lib && exec \"$@\"", "sh"}, cmd.Args...)...)
	}
	cmd.Env = append(os.Environ(), "BE_SESAME_RELAY=1", "SESAME_RELAY_STATE=", "STATE_DIRECTORY=")
	p := launch(t, cmd)
	if _, log, code := p.stop(syscall.SIGTERM); code != exitOK || !strings.Contains(log, "MEMORY ONLY") || !strings.Contains(log, "--state") {
		t.Errorf("exit code %d\n%s", code, log)
	}
}
