//go:build unix

package demo

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Programs that play the parts of ours, as shell scripts. $state is a directory
// of the test, $1 the verb. They hand over what is sent through it.
const (
	relayPart = `echo export SESAME_SERVER=ws://127.0.0.1:1/v1; exec sleep 100`
	sendPart  = `
n=$(($(cat "$state/n" 2>/dev/null || echo 0) + 1)); echo $n >"$state/n"
echo "$3" >"$state/$n"
echo "    sesame receive $n-galveston-goldfish --server ws://127.0.0.1:1/v1" >&2
until [ -e "$state/$n.done" ]; do sleep 0.02; done
echo Sent. >&2`
	receivePart = `
n=${4%%-*}; [ ! -e "$state/$n.done" ] || { echo "the code is already used"; exit 8; }
cp -Rp "$(cat "$state/$n")" .; : >"$state/$n.done"`
)

// play runs the script with those parts, and returns what it says and its exit
// code. No wait of the script may be longer than two seconds, and the script not
// longer than a minute.
func play(t *testing.T, relay, send, receive string) (text string, code int) {
	t.Helper()
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	for _, d := range []string{state, filepath.Join(dir, "bin"), filepath.Join(dir, "tmp")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, part := range map[string]string{
		"sesame-relay": relay,
		"sesame":       "case $1 in\nsend)" + send + "\n;;\nreceive)" + receive + "\n;;\nesac",
	} {
		script := "#!/bin/sh\nset -eu\nstate='" + state + "'\n" + part + "\n"
		if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := filepath.Abs("demo.sh")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEMO_PATIENCE=2", "TMPDIR="+filepath.Join(dir, "tmp"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // a part that is left over doesn't hold the test up
	defer func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("it hangs, after saying:\n%s", out)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v in its temporary directory, %v", left, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Fails if the script doesn't get to its end with programs that do.
func TestDemo(t *testing.T) {
	t.Parallel()
	text, code := play(t, relayPart, sendPart, receivePart)
	if code != 0 || !strings.Contains(text, "Both arrived") || strings.Count(text, "Sent.") != 2 {
		t.Errorf("exit code %d:\n%s", code, text)
	}
}

// Fails if the script hangs when a program fails or doesn't go on, if it says that
// all is well, or if it doesn't say what is wrong.
func TestDemoFails(t *testing.T) {
	for _, test := range []struct{ name, relay, send, receive, says string }{
		{"relay doesn't start", "echo no port is free >&2; exit 5", sendPart, receivePart, "no port is free"},
		{"relay says nothing", "exec sleep 100", sendPart, receivePart, "isn't said within 2 s"},
		{"sender fails before its code", relayPart, "echo no server >&2; exit 7", receivePart, "no server"},
		{"sender says nothing", relayPart, "exec sleep 100", receivePart, "isn't said within 2 s"},
		{"receiver fails", relayPart, sendPart, "echo wrong code; exit 3", "exit code 3"},
		{"receiver fails the second time", relayPart, sendPart, "\n[ ${4%%-*} = 1 ] || { echo disk is full; exit 6; }" + receivePart, "disk is full"},
		{"receiver doesn't end", relayPart, sendPart, "exec sleep 100", "doesn't end within 2 s"},
		{"receiver ends well without a file", relayPart, sendPart, "\n: >\"$state/${4%%-*}.done\"", "holiday.mov"},
		{"sender doesn't end", relayPart, strings.ReplaceAll(sendPart, ".done", ".never"), receivePart, "doesn't end within 2 s"},
		{"sender fails after all has arrived", relayPart, sendPart + "; exit 1", receivePart, "exit code 1"},
		{"second sender is late and says nothing", relayPart, "\n[ ! -e \"$state/n\" ] || exec sleep 100" + sendPart, receivePart, "isn't said within 2 s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text, code := play(t, test.relay, test.send, test.receive)
			if code == 0 || !strings.Contains(text, test.says) || strings.Contains(text, "Both arrived") {
				t.Errorf("exit code %d, want it to fail with %q:\n%s", code, test.says, text)
			}
		})
	}
}
