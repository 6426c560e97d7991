//go:build linux

package endtoend

import (
	"path/filepath"
	"syscall"
	"testing"
)

// Fails if a sender that was stopped when somebody came, and left again, spends
// its code on that one: who comes next with the same code must get the file, and
// both must hear what happened.
func TestSenderAsleepWhenTheReceiverComes(t *testing.T) {
	for _, flags := range [][]string{nil, {"--classic"}} {
		for _, next := range []string{"comes while it sleeps", "comes when it is awake"} {
			t.Run(protocolOf(flags)+", the next one "+next, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
				code := newCode()
				sender := w.start(w.sending(code, append(flags, "note")...))
				sender.Await(t, patience, `Waiting for the other computer`)
				sender.Signal(syscall.SIGSTOP)
				first := w.start(w.receiving(code, flags...))
				first.Await(t, patience, `has been here with this code, and doesn't answer`)
				first.Signal(syscall.SIGINT)
				if got := first.Exit(t, patience); got != 130 {
					t.Errorf("who has left returns %d", got)
				}
				if next == "comes while it sleeps" {
					second := w.start(w.receiving(code, flags...))
					second.Await(t, patience, `has been here with this code, and doesn't answer`)
					sender.Signal(syscall.SIGCONT)
					w.finish(sender, second, 0, 0)
				} else {
					sender.Signal(syscall.SIGCONT)
					sender.Await(t, patience, `This computer was asleep or offline for .*\. Its code is still good`)
					w.finish(sender, w.start(w.receiving(code, flags...)), 0, 0)
				}
				same(t, filepath.Join(w.in, "note"), filepath.Join(w.out, "note"))
			})
		}
	}
}
