//go:build linux

package endtoend

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"sesame/internal/test/lab"
)

func appendTo(path, more string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(more)
	return errors.Join(err, f.Close())
}

// Fails if a file that was saved again, or a log that has grown, while the code
// waited doesn't arrive as it is when somebody comes.
func TestChangedWhileTheCodeWaits(t *testing.T) {
	for _, flags := range [][]string{nil, {"--classic"}} {
		t.Run(protocolOf(flags), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			saved, log := filepath.Join(w.out, "tree", "saved"), filepath.Join(w.out, "tree", "log")
			if err := os.Mkdir(filepath.Dir(log), 0o755); err != nil {
				t.Fatal(err)
			}
			writeText(t, saved, "first", 0o644)
			writeText(t, log, "one\n", 0o644)
			code := newCode()
			sender := w.start(w.sending(code, append(flags, "tree")...))
			sender.Await(t, patience, `Waiting for the other computer`)
			writeText(t, saved+"~", "second version", 0o644)
			if err := errors.Join(os.Rename(saved+"~", saved), appendTo(log, "two\n")); err != nil {
				t.Fatal(err)
			}
			w.finish(sender, w.start(w.receiving(code, flags...)), 0, 0)
			same(t, filepath.Join(w.in, "tree", "saved"), saved)
			same(t, filepath.Join(w.in, "tree", "log"), log)
		})
	}
}

// asked starts a receiver that is about to be asked, and returns what answers it.
func (w *world) asked(code string, flags ...string) (receiver *lab.Process, yes func()) {
	w.t.Helper()
	in, answer, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	defer in.Close()
	receiver = w.start(side{
		host: w.receiver, dir: w.in, in: in,
		args: append(append([]string{"receive", "--server", w.url}, flags...), code),
	})
	w.t.Cleanup(func() { answer.Close() })
	receiver.Await(w.t, patience, regexp.QuoteMeta("(Y/n)"))
	return receiver, func() {
		if _, err := answer.WriteString("y\n"); err != nil {
			w.t.Error(err)
		}
	}
}

// Fails if what changes while somebody is asked isn't named on both sides and
// told from what has only grown, or if either returns anything but 10. A classic
// sender tells it in words, which the receiver shows and can't go by.
func TestChangedWhileTheQuestionIsOpen(t *testing.T) {
	for _, flags := range [][]string{nil, {"--classic"}} {
		t.Run(protocolOf(flags), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			saved, log := filepath.Join(w.out, "saved"), filepath.Join(w.out, "log")
			writeText(t, saved, "first", 0o644)
			writeText(t, log, "one\n", 0o644)

			code := newCode()
			sender := w.start(w.sending(code, append(flags, "log")...))
			receiver, yes := w.asked(code, flags...)
			if err := appendTo(log, "two\n"); err != nil {
				t.Fatal(err)
			}
			yes()
			w.finish(sender, receiver, 0, 0)
			said(t, sender, `(?m)^Note: log has grown since it was offered`)
			if got, err := os.ReadFile(filepath.Join(w.in, "log")); string(got) != "one\n" {
				t.Errorf("the log arrives as %q, %v", got, err)
			}

			code = newCode()
			sender = w.start(w.sending(code, append(flags, "saved")...))
			receiver, yes = w.asked(code, flags...)
			writeText(t, saved+"~", "second version", 0o644)
			if err := os.Rename(saved+"~", saved); err != nil {
				t.Fatal(err)
			}
			yes()
			want := 10
			if flags != nil {
				want = 1
			}
			w.finish(sender, receiver, 10, want)
			said(t, sender, `saved.*changed `)
			said(t, receiver, `saved.*changed `)
			if _, err := os.Lstat(filepath.Join(w.in, "saved")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("what changed has its final name: %v", err)
			}
		})
	}
}

func protocolOf(flags []string) string {
	if len(flags) > 0 {
		return "classic"
	}
	return "native"
}
