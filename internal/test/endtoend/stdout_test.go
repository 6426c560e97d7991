//go:build linux

package endtoend

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Fails if a receiver whose standard output nobody reads doesn't hear Ctrl-C.
func TestStandardOutputNotRead(t *testing.T) {
	for name, flags := range map[string][]string{"native": nil, "classic": {"--classic"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 64<<20)
			code := newCode()
			r := w.receiving(code, append(flags, "-o", "-")...)
			in, arriving := pipe(t)
			r.out = in
			sender, receiver := w.start(w.sending(code, append(flags, "big")...)), w.start(r)
			in.Close()
			if _, err := arriving.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			stalled(t, w.sender)
			receiver.Signal(syscall.SIGINT)
			at := time.Now()
			if code := receiver.Exit(t, 10*time.Second); code != 130 {
				t.Errorf("the receiver's exit code is %d, want 130", code)
			}
			t.Logf("ended after %v", time.Since(at).Round(time.Millisecond))
			if code := sender.Exit(t, 10*time.Second); code == 0 || code >= 128 {
				t.Errorf("the sender's exit code is %d", code)
			}
			said(t, sender, `sesame: .*cancelled`)
		})
	}
}
