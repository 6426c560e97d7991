package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/events"
)

// A Process is a running program. Its standard output and error are collected,
// unless cmd had other plans for them, and shown if the test fails. What they hold of
// events for programs (--json) has to be as doc/json.md says.
type Process struct {
	Out, Err Output

	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	peak atomic.Int64
}

// Start starts cmd. It is killed when t ends.
func Start(t testing.TB, name string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{name: name, cmd: cmd, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.Out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.Err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { cmd.Wait(); close(p.done) }()
	go p.watch()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p)
		}
		exit := -1
		select {
		case <-p.done:
			exit = p.cmd.ProcessState.ExitCode()
		default:
		}
		p.Kill()
		p.checkEvents(t, exit)
	})
	return p
}

// checkEvents compares what a program said with --json, where it did, with the
// document of that.
func (p *Process) checkEvents(t testing.TB, exit int) {
	for _, o := range []*Output{&p.Out, &p.Err} {
		text := o.String()
		if !strings.HasPrefix(text, `{"event":`) {
			continue
		}
		d, err := events.Read()
		if err == nil {
			err = d.CheckRun(text, exit)
		}
		if err != nil {
			t.Errorf("%s, with --json: %v", p.name, err)
		}
	}
}

func (p *Process) String() string {
	return fmt.Sprintf("%s\nstdout: %.2000s\nstderr: %.6000s", p.name, p.Out.String(), p.Err.String())
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends s to the process. It doesn't matter if that has ended.
func (p *Process) Signal(s os.Signal) { p.cmd.Process.Signal(s) }

// Kill ends the process at once and waits until it is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// Ended returns a channel that is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.done }

// Exit waits until the process ends and returns its exit code. Longer than
// within it must not take.
func (p *Process) Exit(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		p.Signal(syscall.SIGQUIT) // for the stacks
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
		}
		t.Fatalf("%s did not end within %v", p.name, within)
		return -1
	}
}

// Said is a place in what a process has said. The zero value is the beginning.
type Said struct{ out, err int }

// Said returns the place behind all that was said so far.
func (p *Process) Said() Said { return Said{len(p.Out.String()), len(p.Err.String())} }

// Await waits until the process has said something that matches pattern, on
// standard output or error, and returns the match and its groups. It may have said
// so long ago: see AwaitAfter.
func (p *Process) Await(t testing.TB, within time.Duration, pattern string) []string {
	t.Helper()
	return p.AwaitAfter(t, Said{}, within, pattern)
}

// AwaitAfter is Await for what is said behind a place.
func (p *Process) AwaitAfter(t testing.TB, from Said, within time.Duration, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	return p.await(t, within, pattern, func() []string {
		return re.FindStringSubmatch(p.Out.String()[from.out:] + p.Err.String()[from.err:])
	})
}

// await waits until find finds something in what the process has said.
func (p *Process) await(t testing.TB, within time.Duration, what string, find func() []string) []string {
	t.Helper()
	deadline := time.After(within)
	for ended := false; ; {
		outGrew, errGrew := p.Out.Grown(), p.Err.Grown()
		if m := find(); m != nil {
			return m
		}
		if ended {
			t.Fatalf("%s ended (%d) without saying %q", p.name, p.cmd.ProcessState.ExitCode(), what)
		}
		select {
		case <-outGrew:
		case <-errGrew:
		case <-p.done:
			ended = true // it is looked at once more
		case <-deadline:
			t.Fatalf("%s did not say %q within %v", p.name, what, within)
		}
	}
}

// watch notes the most memory that the process had, until it ends. The figure
// only grows while one program runs; what it was when this was still a copy of
// the test is forgotten. The one that comes with the exit code isn't: it counts
// the test, too.
func (p *Process) watch() {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if n, err := p.status("VmHWM:"); err == nil {
			p.peak.Store(n)
		}
		select {
		case <-p.done:
			return
		case <-ticker.C:
		}
	}
}

// Peak returns the most memory in bytes that the process had at any time but its
// last fiftieth of a second.
func (p *Process) Peak() int64 { return p.peak.Load() }

// CPU returns how much time of processors p has used. It must have ended.
func (p *Process) CPU() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// Memory returns the memory in bytes that the running process has now.
func (p *Process) Memory() (int64, error) { return p.status("VmRSS:") }

// status returns a figure that the system keeps of the running process, in bytes.
func (p *Process) status(field string) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.PID()), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field); ok {
			n, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("no memory is told of: the process has ended")
}

// startTime is how long a server may take until it serves.
const startTime = time.Minute

// FirstLine starts cmd, a server, and returns it and its first line of standard
// output.
func FirstLine(t testing.TB, name string, cmd *exec.Cmd) (*Process, string) {
	t.Helper()
	forgetful(cmd)
	p := Start(t, name, cmd)
	m := p.await(t, startTime, "a first line", func() []string {
		line, _, whole := strings.Cut(p.Out.String(), "\n")
		if !whole {
			return nil
		}
		return []string{line + "\n"}
	})
	return p, m[0]
}

// forgetful has a relay keep nothing on this machine unless the test has said where: one
// that doesn't know what that is does so anyway.
func forgetful(cmd *exec.Cmd) {
	const state = "SESAME_RELAY_STATE="
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	if !slices.ContainsFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, state) }) {
		cmd.Env = append(cmd.Env, state+"none")
	}
}

// An Output collects what a process writes, and tells who waits for more. The
// zero value is ready to use.
type Output struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	change chan struct{}
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change != nil {
		close(o.change)
		o.change = nil
	}
	return o.buf.Write(b)
}

// String returns all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Grown returns a channel that is closed at the next Write.
func (o *Output) Grown() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change == nil {
		o.change = make(chan struct{})
	}
	return o.change
}
