//go:build linux

package endtoend

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// patience bounds every wait for something that should happen soon.
const patience = 60 * time.Second

// A world is two hosts and a server that both of them reach.
type world struct {
	t        *testing.T
	programs programs
	relay    *lab.Process
	url      string // of its mailbox server
	address  string // of its relay, which is the same
	sender   *lab.Host
	receiver *lab.Host
	dir      string // below it is everything
	lastCode string // of meet
	user     int    // who sends and receives, 0 is root
	out, in  string // what is sent, and the receiver's directory, both empty
}

// newWorld makes one with the programs that check themselves for races.
func newWorld(t *testing.T) *world { return worldOf(t, checked) }

func worldOf(t *testing.T, p programs) *world {
	t.Helper()
	dir := lab.Memory(t, "12G")
	w := &world{
		t: t, programs: p,
		sender: lab.NewHost(t), receiver: lab.NewHost(t),
		dir: dir,
		out: filepath.Join(dir, "out"), in: filepath.Join(dir, "in"),
	}
	for _, d := range []string{w.out, w.in} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.address = lab.Center + ":0"
	w.startRelay()
	return w
}

var printedAddress = regexp.MustCompile(`ws://([^/\s]+)/v1`)

// startRelay starts the server, on the port that it had before.
func (w *world) startRelay() {
	w.t.Helper()
	cmd := exec.Command(w.programs.relay, "--listen", w.address, "--verbose")
	relay, line := lab.FirstLine(w.t, "sesame-relay", cmd)
	m := printedAddress.FindStringSubmatch(line)
	if m == nil {
		w.t.Fatalf("sesame-relay printed %q, which names no server", line)
	}
	w.relay, w.url, w.address = relay, m[0], m[1]
}

var nameplates atomic.Int64

// newCode returns a code that nobody has used.
func newCode() string { return fmt.Sprintf("%d-galveston-goldfish", 1000+nameplates.Add(1)) }

// A side is a sesame that hasn't started: it can be changed before.
type side struct {
	host *lab.Host
	dir  string // it runs in
	user int    // it runs as, 0 is root
	in   *os.File
	out  *os.File
	env  []string // besides what every program gets
	args []string

	under []string // another program, and its arguments, that runs it
}

// sending returns a sender with a code, or with "" one that makes its own.
func (w *world) sending(code string, args ...string) side {
	start := []string{"send", "--server", w.url}
	if code != "" {
		start = append(start, "--code", code)
	}
	return side{host: w.sender, dir: w.out, user: w.user, args: append(start, args...)}
}

// receiving returns a receiver with a code, or with "" one for meet.
func (w *world) receiving(code string, args ...string) side {
	all := append([]string{"receive", "--server", w.url, "--yes"}, args...)
	if code != "" {
		all = append(all, code)
	}
	return side{host: w.receiver, dir: w.in, user: w.user, args: all}
}

// command is sesame, with a home of its own.
func (w *world) command(s side) (cmd *exec.Cmd, home string) {
	w.t.Helper()
	home, err := os.MkdirTemp(w.dir, "home")
	if err == nil {
		err = os.Chown(home, s.user, s.user)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	line := append(append(slices.Clone(s.under), w.programs.sesame), s.args...)
	cmd = s.host.CommandAs(s.user, line[0], line[1:]...)
	cmd.Dir = s.dir
	state := filepath.Join(w.dir, fmt.Sprintf("state-%s-%d", s.args[0], s.user))
	if err := errors.Join(os.MkdirAll(state, 0o700), os.Chown(state, s.user, s.user)); err != nil {
		w.t.Fatal(err)
	}
	cmd.Env = []string{
		"XDG_STATE_HOME=" + state,
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"GORACE=halt_on_error=1 exitcode=66", "LC_ALL=C.UTF-8",
	}
	cmd.Env = append(cmd.Env, s.env...)
	if s.in != nil {
		cmd.Stdin = s.in
	}
	if s.out != nil {
		cmd.Stdout = s.out
	}
	return cmd, home
}

// start runs sesame. What it keeps in temporary directories, were there
// anything, would be found.
func (w *world) start(s side) *lab.Process {
	w.t.Helper()
	cmd, home := w.command(s)
	p := lab.Start(w.t, "sesame "+s.args[0], cmd)
	w.t.Cleanup(func() {
		p.Kill()
		if left := list(w.t, home); len(left) > 0 {
			w.t.Errorf("sesame %s left %q in its temporary directory", s.args[0], left)
		}
	})
	return p
}

// shownCode is where a sender shows its code.
const shownCode = `sesame receive (?:\S+ )*?([0-9]+-[a-z]+-[a-z]+)\b`

// meet starts a sender, and then a receiver with the code that it shows. Both have none
// yet. A server gives few claims a minute to one address for numbers that nobody has, so
// a test with many pairs at one server can't have the receiver there first.
func (w *world) meet(send, receive side) (sender, receiver *lab.Process) {
	w.t.Helper()
	sender = w.start(send)
	w.lastCode = sender.Await(w.t, patience, shownCode)[1]
	receive.args = append(slices.Clone(receive.args), w.lastCode)
	return sender, w.start(receive)
}

// pair starts both sides with a new code.
func (w *world) pair(send, receive []string) (sender, receiver *lab.Process) {
	w.t.Helper()
	return w.meet(w.sending("", send...), w.receiving("", receive...))
}

// finish waits for both ends and compares their exit codes.
func (w *world) finish(sender, receiver *lab.Process, wantSender, wantReceiver int) {
	w.t.Helper()
	if got := receiver.Exit(w.t, patience); got != wantReceiver {
		w.t.Errorf("the receiver's exit code is %d, want %d", got, wantReceiver)
	}
	if got := sender.Exit(w.t, patience); got != wantSender {
		w.t.Errorf("the sender's exit code is %d, want %d", got, wantSender)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// said fails the test unless p has said something that matches pattern.
func said(t *testing.T, p *lab.Process, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(p.Err.String()) {
		t.Errorf("%s did not say %q", strings.SplitN(p.String(), "\n", 2)[0], pattern)
	}
}

// until waits for a condition that nobody announces, for within at most.
func until(t *testing.T, within time.Duration, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("within %v it did not happen that %s", within, what)
		}
	}
}

// list returns the names in dir.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// staged returns how many bytes have been written below dir, whole or not.
func staged(dir string) (n int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it comes and goes
		}
		if info, err := d.Info(); err == nil {
			n += blocks(info)
		}
		return nil
	})
	return n
}
