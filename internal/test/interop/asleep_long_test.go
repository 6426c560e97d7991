//go:build linux && long

package interop

import (
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if, at a server that keeps the seat of who has left, a sender that slept
// when the receiver came waits for it in vain, or if either doesn't hear that a
// new code is needed.
func TestSenderAsleepAtTheirServer(t *testing.T) {
	servers := startTheirs(t)
	for _, protocol := range []string{"native", "classic"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			c := cell{servers: servers}
			flags := sesameFlags(c)
			if protocol == "classic" {
				flags = append(flags, "--classic")
			}
			sesame := func(dir string, args ...string) *lab.Process {
				cmd := inCell(t, c.address, programs.sesame, append(slices.Clone(args[:1]), append(flags, args[1:]...)...)...)
				cmd.Dir = dir
				return lab.Start(t, "sesame "+args[0], cmd)
			}
			file := contents(t)[1].path
			sender := sesame(filepath.Dir(file), "send", file)
			code := sender.Await(t, patience, everyCode.String())[1]
			sender.Await(t, patience, "Waiting for the other computer")
			sender.Signal(syscall.SIGSTOP)

			receiver := sesame(t.TempDir(), "receive", "--yes", code)
			receiver.Await(t, patience, "has been here with this code, and doesn't answer")
			if got := receiver.Exit(t, 90*time.Second); got != 7 {
				t.Errorf("the receiver's exit code is %d, want 7", got)
			}
			heard(t, receiver, `sesame: the other computer has been here with this code, but doesn't answer\n.*a new code is needed`)

			sender.Signal(syscall.SIGCONT)
			sender.Await(t, patience, `came while this one was asleep or offline, 1:\d\d min ago at most`)
			sender.Await(t, patience, `If nobody is there any more, a new code is needed`)
			if protocol == "classic" { // its receiver's answer is a person's
				sender.Signal(syscall.SIGINT)
				sender.Exit(t, patience)
				return
			}
			if got := sender.Exit(t, patience); got != 7 {
				t.Errorf("the sender's exit code is %d, want 7", got)
			}
			heard(t, sender, `sesame: the other computer came while this one was asleep or offline, and has left\n.*a new code is needed`)
		})
	}
}

// Fails if a sender that slept doesn't find a receiver that is there still, at a
// server that knows nothing of seats.
func TestSenderWakesAtTheirServer(t *testing.T) {
	c := cell{servers: startTheirs(t)}
	file := contents(t)[1].path
	start := func(dir string, args ...string) *lab.Process {
		cmd := inCell(t, c.address, programs.sesame, append(slices.Clone(args[:1]), append(sesameFlags(c), args[1:]...)...)...)
		cmd.Dir = dir
		return lab.Start(t, "sesame "+args[0], cmd)
	}
	sender := start(filepath.Dir(file), "send", file)
	code := sender.Await(t, patience, everyCode.String())[1]
	sender.Await(t, patience, "Waiting for the other computer")
	sender.Signal(syscall.SIGSTOP)
	receiver := start(t.TempDir(), "receive", "--yes", code)
	receiver.Await(t, patience, "doesn't answer")
	sender.Signal(syscall.SIGCONT)
	for _, p := range []*lab.Process{sender, receiver} {
		if got := p.Exit(t, patience); got != 0 {
			t.Errorf("%v\nexit code %d", p, got)
		}
	}
}

func heard(t *testing.T, p *lab.Process, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(p.Err.String()) {
		t.Errorf("%v\ndid not say %q", p, pattern)
	}
}
