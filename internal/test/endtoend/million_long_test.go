//go:build linux && long

package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if somebody who interrupts a transfer of a million files, at whatever
// moment, doesn't see at once that it was heard: the program ends, or says that
// it is about to.
func TestMillionInterrupted(t *testing.T) {
	// An unloaded machine takes 0.2 s at most; this one may do other things.
	const heard, ended = time.Second, 20 * time.Second
	w := worldOf(t, released)
	for d := range 1000 {
		dir := filepath.Join(w.out, "tree", fmt.Sprintf("%03d", d))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for f := range 1000 {
			text := []byte("twenty bytes of text")
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%03d", f)), text[:f%2*20], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	slowest := time.Duration(0)
	for _, side := range []string{"sender", "receiver"} {
		for _, after := range []time.Duration{500, 1500, 3000, 5000, 8000, 12000, 16000, 20000} {
			after *= time.Millisecond
			code := newCode()
			s, r := w.sending(code, "tree"), w.receiving(code)
			r.dir = filepath.Join(w.dir, fmt.Sprint("in ", side, " ", after))
			if err := os.Mkdir(r.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			sender, receiver := w.start(s), w.start(r)
			interrupted := map[string]*lab.Process{"sender": sender, "receiver": receiver}[side]
			time.Sleep(after) // any moment will do
			if over(interrupted) {
				t.Logf("%s after %v: it is over already", side, after)
			} else {
				interrupted.Signal(syscall.SIGINT)
				at := time.Now()
				until(t, patience, "an interruption is heard", func() bool {
					return over(interrupted) || strings.Contains(interrupted.Err.String(), "Stopping")
				})
				took := time.Since(at)
				slowest = max(slowest, took)
				if took > heard {
					t.Errorf("%s after %v: heard after %v", side, after, took)
				}
				if code := interrupted.Exit(t, ended); code != 130 {
					t.Errorf("%s after %v: exit code %d", side, after, code)
				}
				t.Logf("%s after %v: heard after %v, ended after %v", side, after, took.Round(time.Millisecond), time.Since(at).Round(time.Millisecond))
			}
			sender.Kill()
			receiver.Kill()
			if err := os.RemoveAll(r.dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("an interruption shows within %v", slowest.Round(time.Millisecond))
}
