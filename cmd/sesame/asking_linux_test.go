package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sesame/internal/test/tty"
	"sesame/relay"
)

// A desk is where two people sit, each in front of a terminal, in a folder of their own.
type desk struct {
	t        *testing.T
	server   string
	out, in  string
	protocol []string // flags of both
}

func newDesk(t *testing.T, protocol ...string) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, served := relay.New(nil), make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-served
	})
	return &desk{t, "ws://" + l.Addr().String() + "/v1", t.TempDir(), t.TempDir(), protocol}
}

// protocols are what two sesames may speak, as flags.
func protocols() map[string][]string {
	return map[string][]string{"native": nil, "classic": {"--classic"}}
}

// write makes a file of the sender's or the receiver's.
func (d *desk) write(dir, name, content string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// holds fails the test unless a file of the receiver's holds that.
func (d *desk) holds(name, want string) {
	d.t.Helper()
	if got, err := os.ReadFile(filepath.Join(d.in, name)); err != nil || string(got) != want {
		d.t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

// command is a program in a folder, for a person of that desk.
func (d *desk) command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir+"/.state", "SESAME_SERVER="+d.server, "LC_ALL=C.UTF-8", "TERM=xterm")
	return cmd
}

// send and receive start a side on a terminal.
func (d *desk) send(args ...string) *tty.Terminal {
	args = append(append([]string{"send", "--allow-loopback"}, d.protocol...), args...)
	return tty.Start(d.t, 80, 24, d.command(d.out, "sesame", args...))
}

func (d *desk) receive(args ...string) *tty.Terminal {
	args = append(append([]string{"receive", "--allow-loopback"}, d.protocol...), args...)
	return tty.Start(d.t, 80, 24, d.command(d.in, "sesame", args...))
}

// ends fails the test unless a program ends with that exit code.
func ends(t *testing.T, x *tty.Terminal, want int) {
	t.Helper()
	if got := x.Wait(); got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
}

// Fails if what was typed before a question was there answers it: whether to take a
// file, what to do about a name that is taken, or whether verifiers are the same.
func TestEarlyKeysAnswerNothing(t *testing.T) {
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Run("accept", func(t *testing.T) {
				d := newDesk(t, protocol...)
				d.write(d.out, "file", "new")
				r := d.receive("7-galveston-goldfish")
				r.Await("Waiting for")
				r.Type("\ny\nye")
				r.Await("ye")
				s := d.send("--code", "7-galveston-goldfish", "file")
				r.Await("file (3 bytes)")
				r.Type("n\n")
				ends(t, r, exitRefused)
				ends(t, s, exitRefused)
			})
			t.Run("conflict", func(t *testing.T) {
				d := newDesk(t, protocol...)
				d.write(d.out, "file", "new")
				d.write(d.in, "file", "old")
				s := d.send("--code", "7-galveston-goldfish", "file")
				r := d.receive("7-galveston-goldfish")
				r.Await("(Y/n)")
				r.Type("y\no\n")
				r.Await("is there already")
				r.Type("s\n")
				ends(t, r, exitRefused)
				ends(t, s, exitRefused)
				d.holds("file", "old")
			})
			t.Run("verify", func(t *testing.T) {
				d := newDesk(t, protocol...)
				d.write(d.out, "file", "new")
				s := d.send("--verify", "--code", "7-galveston-goldfish", "file")
				s.Await("Waiting for")
				s.Type("yes\n")
				s.Await("yes")
				r := d.receive("--verify", "--yes", "7-galveston-goldfish")
				for _, x := range []*tty.Terminal{s, r} {
					x.Await("(yes/no)")
				}
				s.Type("no\n")
				r.Type("yes\n")
				ends(t, s, exitWrongCode)
				told := exitWrongCode
				if name == "classic" { // which tells in words only, and words decide nothing
					told = exitOther
				}
				ends(t, r, told)
			})
		})
	}
}

// Fails if what was typed before a code is asked for becomes part of it, or if what is
// pasted as soon as the prompt is there gets lost.
func TestEarlyKeysAreNoCode(t *testing.T) {
	d := newDesk(t)
	d.write(d.out, "file", "new")
	s := d.send("--code", "7-crossover-clockwork", "file")
	s.Await("Waiting for")
	r := tty.Start(t, 80, 24, d.command(d.in, "sh", "-c", "read go; exec sesame receive --allow-loopback --yes"))
	r.Type("go\n7-galveston-goldfish\n9-")
	r.Await("Code:")
	r.Type("7-crossover-clockwork\r")
	ends(t, r, exitOK)
	ends(t, s, exitOK)
	d.holds("file", "new")
}

// Fails if a terminal isn't as it was when a program ends that asked for a code, or
// while one waits for something else than an answer.
func TestTerminalIsWhole(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(x *tty.Terminal)
		exit int
	}{
		"Ctrl-C":    {func(x *tty.Terminal) { x.Type("7-\x03") }, exitSignal + 2},
		"Ctrl-D":    {func(x *tty.Terminal) { x.Type("\x04") }, exitSignal + 2},
		"INT":       {func(x *tty.Terminal) { x.Signal(syscall.SIGINT) }, exitSignal + 2},
		"TERM":      {func(x *tty.Terminal) { x.Signal(syscall.SIGTERM) }, exitSignal + 15},
		"HUP":       {func(x *tty.Terminal) { x.Signal(syscall.SIGHUP) }, exitSignal + 1},
		"TERM, INT": {func(x *tty.Terminal) { x.Signal(syscall.SIGTERM); x.Signal(syscall.SIGINT) }, 0},
		"a code":    {func(x *tty.Terminal) { x.Type("7-galveston-goldfish\r"); x.Await("Waiting for") }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			x := tty.Start(t, 80, 24, d.command(d.in, "sh", "-c", "read go; exec sesame receive"))
			before := x.Settings()
			x.Type("go\n")
			x.Await("Code:")
			if x.Settings() == before {
				t.Error("it reads lines, and can't complete words")
			}
			c.end(x)
			if c.exit >= 0 {
				if got := x.Wait(); got != c.exit && c.exit > 0 {
					t.Errorf("exit code %d, want %d", got, c.exit)
				}
			}
			if got := x.Settings(); got != before {
				t.Errorf("the terminal is set to %+v, and was to %+v", got, before)
			}
		})
	}
	t.Run("panic", func(t *testing.T) {
		d := newDesk(t)
		x := tty.Start(t, 80, 24, d.command(d.in, "sh", "-c", "read go; exec panics"))
		before := x.Settings()
		x.Type("go\n")
		x.Await("Code:")
		x.Type("7-\t")
		ends(t, x, 2)
		if !strings.Contains(x.All(), "asked to") {
			t.Error("it doesn't say why")
		}
		if got := x.Settings(); got != before {
			t.Errorf("the terminal is set to %+v, and was to %+v", got, before)
		}
	})
}

// Fails if a program that is stopped with Ctrl-Z leaves the terminal changed, or if the
// question isn't there when it goes on, and doesn't take an answer.
func TestStoppedWhileAsked(t *testing.T) {
	const shell = `set -m; sesame receive --allow-loopback $1; echo "stopped $?"; read go; fg; echo "ended $?"`
	t.Run("code", func(t *testing.T) {
		d := newDesk(t)
		d.write(d.out, "file", "new")
		s := d.send("--code", "7-crossover-clockwork", "file")
		x := tty.Start(t, 80, 24, d.command(d.in, "bash", "-c", shell, "bash", "--yes"))
		before := x.Settings()
		x.Await("Code:")
		x.Type("99-\x1a")
		x.Await("stopped 148")
		if got := x.Settings(); got != before {
			t.Errorf("stopped, the terminal is set to %+v, and was to %+v", got, before)
		}
		asked := strings.Count(x.All(), "Code:")
		x.Type("go\n")
		x.Until("asks again", func() bool { return strings.Count(x.All(), "Code:") > asked && x.Settings() != before })
		x.Type("\x157-crossover-clockwork\r") // Ctrl-U clears the line
		x.Await("ended 0")
		ends(t, x, 0)
		ends(t, s, exitOK)
		d.holds("file", "new")
		if got := x.Settings(); got != before {
			t.Errorf("at the end, the terminal is set to %+v, and was to %+v", got, before)
		}
	})
	for name, protocol := range protocols() {
		t.Run("offer, "+name, func(t *testing.T) {
			d := newDesk(t, protocol...)
			d.write(d.out, "file", "new")
			s := d.send("--code", "7-crossover-clockwork", "file")
			x := tty.Start(t, 80, 24, d.command(d.in, "bash", "-c", shell, "bash", "7-crossover-clockwork"))
			before := x.Settings()
			x.Await("(Y/n)")
			if x.Settings() != before {
				t.Error("the terminal is changed for a question that needs no keys")
			}
			x.Type("\x1a")
			x.Await("stopped 148")
			x.Type("go\n")
			x.Await("(Y/n)", 2)
			x.Type("\n")
			x.Await("ended 0")
			ends(t, x, 0)
			ends(t, s, exitOK)
			d.holds("file", "new")
		})
	}
}

// Fails if a code typed at a terminal isn't completed with Tab, or if the terminal
// shows anything of it twice.
func TestCodeIsCompleted(t *testing.T) {
	d := newDesk(t)
	s := d.send("--text", "hello there", "--code", "71-crossover-clockwork")
	s.Await("Waiting for")
	r := d.receive()
	r.Await("Code:")
	r.Type("71-crosso\tclockw\t\r")
	ends(t, r, exitOK)
	ends(t, s, exitOK)
	if shown := r.All(); !strings.HasPrefix(shown, "Code: 71-crossover-clockwork\n") || strings.Count(shown, "clockw") > 1 || !strings.HasSuffix(shown, "\n| hello there") {
		t.Errorf("the screen shows\n%s", shown)
	}
}

// Fails if the code of a sender on this network can't be typed at the prompt where no
// server is reached, or if Tab doesn't complete its number and words.
func TestLocalCodeIsCompleted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs a network of its own")
	}
	const alone = `
ip link set lo up
ip link add lan type veth peer name end
ip link set end up
ip link set lan up
ip address add 10.98.0.1/24 dev lan
sesame send --text "hello there" --code local-9117-crossover-clockwork </dev/null 2>said & await said " --to " && exec sesame receive`
	d := newDesk(t)
	d.server = "ws://127.0.0.1:9/v1" // nobody is there
	r := tty.Start(t, 80, 24, d.command(d.in, "unshare", "--net", "--pid", "--fork", "--kill-child", "timeout", "--foreground", "60", "sh", "-c", alone))
	r.Await("Code:")
	r.Type("l\t9117-crosso\tclockw\t\r")
	ends(t, r, exitOK)
	if !strings.Contains(r.All(), "\n| hello there") {
		t.Error("the text isn't there")
	}
}
