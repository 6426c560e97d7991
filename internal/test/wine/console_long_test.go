//go:build linux && long

package wine

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if a console that obeys sequences shows no progress in place, or shows the
// sequences themselves. Wine's is the terminal that it runs in, here one of script's.
func TestConsole(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("there is no pseudo-terminal: ", err)
	}
	b := newBench(t, linux)
	files(t, b.out, "f")
	code := newCode()
	in := b.command(windows, b.out, "sesame", "send", "--server", b.url, "--code", code, "f")
	line := "cd " + in.Dir + " && exec env -i TERM=xterm " + strings.Join(append(in.Env, in.Args...), " ")
	s := lab.Start(t, "send in a console", exec.Command("script", "-qec", "chroot "+shared.root+" /bin/sh -c '"+line+"'", "/dev/null"))
	s.Await(t, patience, regexp.QuoteMeta("Waiting for the other computer"))
	b.done(s, b.receive(linux, code), 0, 0)
	shown := s.Out.String()
	if !strings.Contains(shown, "\r\x1b[K") || strings.Contains(shown, "^[") || strings.Contains(shown, "\u2190[") {
		t.Errorf("shown is %q", shown)
	}
	alike(t, b.in, b.out)
}
