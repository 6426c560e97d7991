//go:build linux

package endtoend

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// soon is how long one side may take to hear what has ended the other: the time that
// it has to say so, and much of what a busy machine takes.
const soon = 20 * time.Second

// Fails if a folder that nothing can be written into is found out only when somebody
// has said yes, if its own hidden name is shown, or if either side isn't told whose
// disk it is.
func TestFolderNotWritable(t *testing.T) {
	for protocol, flags := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			album(t, w.out)
			mountAt(t, "", w.in)
			if err := syscall.Mount("", w.in, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			code := newCode()
			asked := w.receiving(code, flags...)
			asked.args = slices.DeleteFunc(asked.args, func(a string) bool { return a == "--yes" }) // nobody could answer: it would end with 4
			sender, receiver := w.start(w.sending(code, append(flags, "album")...)), w.start(asked)
			// A classic sender has a no in words, which decide nothing.
			ends, hears := 6, `the other computer can't read or write its files`
			if protocol == "classic" {
				ends, hears = 4, `the other computer declined: "the receiver can't write its files"`
			}
			for p, want := range map[*lab.Process]int{receiver: 6, sender: ends} {
				if got := p.Exit(t, soon); got != want {
					t.Errorf("%s exits with %d, want %d", first(p), got, want)
				}
				if strings.Contains(p.Err.String(), ".sesame") {
					t.Errorf("%s shows a hidden name", first(p))
				}
			}
			said(t, receiver, `(?m)^sesame: can't write into the folder: this disk is read-only$`)
			said(t, sender, `(?m)^sesame: `+hears+`$`)
		})
	}
}

// Fails if the end of a classic peer's program is told in the words of a system, or
// without what is kept and what to do.
func TestClassicPeerKilled(t *testing.T) {
	for _, victim := range []string{"sender", "receiver"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 40<<20)
			sender, receiver := w.pair([]string{"--classic", "--limit", "4M", "big"}, []string{"--classic"})
			until(t, patience, "contents cross", func() bool { return w.sender.Sent(t) > 3<<20 })
			dead, other := sender, receiver
			if victim == "receiver" {
				dead, other = receiver, sender
			}
			dead.Kill()
			if got := other.Exit(t, soon); got != 7 {
				t.Errorf("%s exits with %d, want 7", first(other), got)
			}
			said(t, other, `(?m)^sesame: the other program is gone: (the connection was closed|connection reset)$\n +perhaps .* nothing of it is kept: start again`)
			if raw := regexp.MustCompile(`EOF|by peer|sending:|receiving:`).FindString(other.Err.String()); raw != "" {
				t.Errorf("%s says %q", first(other), raw)
			}
		})
	}
}

// first is the first line of what a test says of a process.
func first(p *lab.Process) string { return strings.SplitN(p.String(), "\n", 2)[0] }
