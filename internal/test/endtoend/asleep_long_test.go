//go:build linux && long

package endtoend

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Fails if who gives up on a sender that sleeps doesn't hear that the code is good
// still, or if it isn't.
func TestReceiverGivesUpOnASleeper(t *testing.T) {
	for _, flags := range [][]string{nil, {"--classic"}} {
		t.Run(protocolOf(flags), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
			code := newCode()
			sender := w.start(w.sending(code, append(flags, "note")...))
			sender.Await(t, patience, `Waiting for the other computer`)
			sender.Signal(syscall.SIGSTOP)
			first := w.start(w.receiving(code, flags...))
			if got := first.Exit(t, 2*time.Minute); got != 7 {
				t.Errorf("who gives up returns %d, want 7", got)
			}
			said(t, first, `doesn't answer\n.*wake it, then run this again with the same code`)
			sender.Signal(syscall.SIGCONT)
			sender.Await(t, patience, `asleep or offline for .*\. Its code is still good`)
			w.finish(sender, w.start(w.receiving(code, flags...)), 0, 0)
			same(t, filepath.Join(w.in, "note"), filepath.Join(w.out, "note"))
		})
	}
}
