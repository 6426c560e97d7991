//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// Fails if a side that is interrupted doesn't tell the other one why, or
// doesn't end with the code of a signal, or if somebody who comes with the code
// afterwards waits in vain.
func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
		who   string
	}{
		{"sender", nil, "sender"},
		{"receiver", nil, "receiver"},
		{"sender, through a relay", []string{"--relay-only"}, "sender"},
		{"receiver, through a relay", []string{"--relay-only"}, "receiver"},
		{"classic sender", []string{"--classic"}, "sender"},
		{"classic receiver", []string{"--classic"}, "receiver"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			sender, receiver := w.begun(200<<20, test.flags...)
			interrupted, told := sender, receiver
			if test.who == "receiver" {
				interrupted, told = receiver, sender
			}
			interrupted.Signal(syscall.SIGINT)
			at := time.Now()
			code := told.Exit(t, 10*time.Second)
			t.Logf("told after %v", time.Since(at).Round(time.Millisecond))
			if code == 0 || code >= 128 {
				t.Errorf("the side that was told exits with %d", code)
			}
			said(t, told, `sesame: .*cancelled`)
			if code := interrupted.Exit(t, 10*time.Second); code != 130 {
				t.Errorf("the interrupted side exits with %d, want 130", code)
			}
			said(t, interrupted, `sesame: interrupted`)
			if _, err := os.Lstat(filepath.Join(w.in, "big")); err == nil {
				t.Error("half a file has the final name")
			}
			late := w.start(w.receiving(w.lastCode, test.flags...))
			if code := late.Exit(t, 10*time.Second); code != 8 {
				t.Errorf("who comes with the code later exits with %d, want 8", code)
			}
			said(t, late, `already used`)
		})
	}
}

// Fails if a sender that is interrupted while nobody has come yet keeps the
// nameplate: its code must be as good as new.
func TestInterruptedWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
	code := newCode()
	alone := w.start(w.sending(code, "note"))
	alone.Await(t, patience, regexp.QuoteMeta(code))
	alone.Signal(syscall.SIGINT)
	if code := alone.Exit(t, 10*time.Second); code != 130 {
		t.Errorf("the interrupted side exits with %d, want 130", code)
	}
	sender, receiver := w.start(w.sending(code, "note")), w.start(w.receiving(code))
	w.finish(sender, receiver, 0, 0)
	same(t, filepath.Join(w.in, "note"), filepath.Join(w.out, "note"))
}
