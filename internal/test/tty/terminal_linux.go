package tty

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait.
const patience = 60 * time.Second

// A Terminal is a pseudo-terminal on which a program runs, in a session of its own.
type Terminal struct {
	t             testing.TB
	name          string
	master, slave *os.File
	cmd           *exec.Cmd
	ended         chan struct{} // closed when the program has ended

	mu    sync.Mutex
	shown *display
	raw   bytes.Buffer
	news  chan struct{} // closed when more is shown
}

// Start runs cmd on a terminal of that size; of size 0 it is as a terminal that doesn't
// know its own, and shows what one of 80 by 24 would. Where cmd has a standard input, output or
// error already, that stays. It is killed when t ends, and the screen is shown if t
// failed.
func Start(t testing.TB, columns, rows int, cmd *exec.Cmd) *Terminal {
	t.Helper()
	x := &Terminal{
		t: t, name: cmd.String(), cmd: cmd, ended: make(chan struct{}),
		shown: newDisplay(columns, rows), news: make(chan struct{}),
	}
	if err := x.open(); err != nil {
		t.Fatal(err)
	}
	x.Resize(columns, rows)
	if cmd.Stdin == nil {
		cmd.Stdin = x.slave
	}
	if cmd.Stdout == nil {
		cmd.Stdout = x.slave
	}
	if cmd.Stderr == nil {
		cmd.Stderr = x.slave
	}
	cmd.ExtraFiles = []*os.File{x.slave} // descriptor 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { cmd.Wait(); close(x.ended) }()
	go x.read()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: its screen, from the beginning:\n%s", x.name, x.All())
		}
		cmd.Process.Kill()
		<-x.ended
		x.master.Close()
		x.slave.Close()
	})
	return x
}

// open makes the two ends. The test keeps both, so that the settings outlive the
// program.
func (x *Terminal) open() (err error) {
	if x.master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		return err
	}
	number := 0
	err = x.control(func(fd int) (err error) {
		if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		}
		return err
	})
	if err != nil {
		return err
	}
	fd, err := unix.Open(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	x.slave = os.NewFile(uintptr(fd), "pts")
	return nil
}

func (x *Terminal) control(do func(fd int) error) error {
	conn, err := x.master.SyscallConn()
	if err != nil {
		return err
	}
	if other := conn.Control(func(fd uintptr) { err = do(int(fd)) }); other != nil {
		return other
	}
	return err
}

// read shows what the program writes.
func (x *Terminal) read() {
	var rest []byte
	buf := make([]byte, 4096)
	for {
		n, err := x.master.Read(buf)
		if n > 0 {
			x.mu.Lock()
			x.raw.Write(buf[:n])
			rest = bytes.Clone(x.shown.write(append(rest, buf[:n]...)))
			close(x.news)
			x.news = make(chan struct{})
			x.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// Type presses keys.
func (x *Terminal) Type(keys string) {
	x.t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// Resize changes the size, as a window does. What is shown stays as it is.
func (x *Terminal) Resize(columns, rows int) {
	x.t.Helper()
	size := &unix.Winsize{Row: uint16(rows), Col: uint16(columns)}
	if err := x.control(func(fd int) error { return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) }); err != nil {
		x.t.Fatal(err)
	}
}

// Settings returns what the terminal is set to: echo, lines or keys, and so on.
func (x *Terminal) Settings() (settings unix.Termios) {
	x.t.Helper()
	err := x.control(func(fd int) error {
		got, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			settings = *got
		}
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return settings
}

// Screen returns what is on the screen now.
func (x *Terminal) Screen() string { return x.look(func(d *display) int { return d.top }) }

// All returns Screen with what has gone off its upper edge.
func (x *Terminal) All() string { return x.look(func(*display) int { return 0 }) }

// Raw returns all that was written, as it came.
func (x *Terminal) Raw() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// Bells is how often it rang.
func (x *Terminal) Bells() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.bells
}

// Wraps is how often a row was full, and the terminal went on in the next one.
func (x *Terminal) Wraps() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.wraps
}

func (x *Terminal) look(from func(*display) int) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.text(from(x.shown))
}

// Await waits until All contains text so many times, or once.
func (x *Terminal) Await(text string, times ...int) {
	x.t.Helper()
	want := 1
	if len(times) > 0 {
		want = times[0]
	}
	x.Until(fmt.Sprintf("shows %q, %d times", text, want), func() bool { return strings.Count(x.All(), text) >= want })
}

// Until waits until something that the program does is so. It is looked at whenever
// more is shown, and now and then.
func (x *Terminal) Until(what string, so func() bool) {
	x.t.Helper()
	late := time.After(patience)
	ended := false
	for {
		x.mu.Lock()
		news := x.news
		x.mu.Unlock()
		if so() {
			return
		}
		if ended {
			x.t.Fatalf("%s has ended and never %s", x.name, what)
		}
		select {
		case <-news:
		case <-time.After(20 * time.Millisecond):
		case <-x.ended:
			x.drain()
			ended = true
		case <-late:
			x.t.Fatalf("%s never %s", x.name, what)
		}
	}
}

// Signal sends the program a signal.
func (x *Terminal) Signal(s syscall.Signal) {
	x.t.Helper()
	if err := x.cmd.Process.Signal(s); err != nil {
		x.t.Fatal(err)
	}
}

// Wait waits for the end of the program and returns its exit code, -1 if a signal
// ended it.
func (x *Terminal) Wait() int {
	x.t.Helper()
	select {
	case <-x.ended:
	case <-time.After(patience):
		x.t.Fatalf("%s doesn't end", x.name)
	}
	x.drain()
	return x.cmd.ProcessState.ExitCode()
}

// drain waits until all that the program wrote is shown. A mark goes the same way
// behind it.
func (x *Terminal) drain() {
	const mark = "\x1b[0m"
	before := strings.Count(x.Raw(), mark)
	if _, err := x.slave.WriteString(mark); err != nil {
		return
	}
	for late := time.Now().Add(patience); strings.Count(x.Raw(), mark) <= before && time.Now().Before(late); {
		time.Sleep(time.Millisecond)
	}
}
