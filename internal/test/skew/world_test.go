//go:build linux

package skew

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// patience bounds every wait for something that should happen soon.
const patience = 60 * time.Second

// A world is two hosts, and what one of them has to send.
type world struct {
	sender, receiver *lab.Host
	dir              string // below it is everything
	out              string // what is sent lies there
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{sender: lab.NewHost(t), receiver: lab.NewHost(t), dir: lab.Memory(t, "1G")}
	w.out = filepath.Join(w.dir, "out")
	write(t, filepath.Join(w.out, "data.bin"), noise(300_001), 0o644)
	write(t, filepath.Join(w.out, "note.txt"), []byte("hello\n"), 0o644)
	write(t, filepath.Join(w.out, "tree/run.sh"), []byte("#!/bin/sh\n"), 0o755)
	write(t, filepath.Join(w.out, "tree/über/nested file.txt"), noise(20_000), 0o644)
	write(t, filepath.Join(w.out, "tree/zero"), nil, 0o644)
	if err := os.Mkdir(filepath.Join(w.out, "tree/hollow"), 0o755); err != nil {
		t.Fatal(err)
	}
	return w
}

// noise returns bytes that compress badly, the same ones for each n.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(n)|1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

func write(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
}

// A server is where two programs meet, and a relay.
type server struct {
	name  string
	flags []string // with which a sesame uses it
}

var printedURL = regexp.MustCompile(`ws://[^/\s]+/v1`)

// startServer runs the sesame-relay of an age, with more flags.
func startServer(t *testing.T, a age, flags ...string) server {
	t.Helper()
	_, line := lab.FirstLine(t, a.name+" sesame-relay", exec.Command(a.relay, append([]string{"--listen", lab.Center + ":0"}, flags...)...))
	url := printedURL.FindString(line)
	if url == "" {
		t.Fatalf("sesame-relay printed %q, which names no server", line)
	}
	return server{a.name + " relay", []string{"--server", url}}
}

// startPython runs the reference servers.
func startPython(t *testing.T) server {
	t.Helper()
	const program, pkg = "twist3", "python3-magic-wormhole-mailbox-server"
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install Debian's %s", program, pkg)
		}
		t.Skipf("%s is not installed (Debian: %s)", program, pkg)
	}
	dir := t.TempDir()
	run := func(args ...string) (address string) {
		address = freePort(t)
		at := "--port=tcp:" + address[strings.LastIndex(address, ":")+1:] + ":interface=" + lab.Center
		cmd := exec.Command(program, append(args, at)...)
		cmd.Dir = dir
		listening(t, address, lab.Start(t, args[0], cmd))
		return address
	}
	mailbox := run("wormhole-mailbox", "--channel-db="+filepath.Join(dir, "channel.db"), "--usage-db="+filepath.Join(dir, "usage.db"))
	relay := run("transitrelay")
	return server{"Python's", []string{"--server", "ws://" + mailbox + "/v1", "--relay", relay}}
}

// freePort returns an address that nobody listens at. The network is the test's
// own, and its servers start one after the other, so nobody else takes it.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listening waits until p listens at address.
func listening(t *testing.T, address string, p *lab.Process) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-p.Ended():
			t.Fatalf("%v ended before it listened", p)
		case <-deadline:
			t.Fatalf("nobody listens on %s: %v", address, err)
		}
	}
}

// A side is a sesame that hasn't started.
type side struct {
	program age
	args    []string // after those that say where to meet
	input   string   // on its standard input
	in      string   // receiver: where it puts things
}

// A pairing is a sender, a receiver and where they meet.
type pairing struct {
	at       server
	from, to side
}

// shownCode is where a sender shows its code.
const shownCode = `sesame receive ((?:local-)?[0-9]+-[a-z-]+)`

// start starts both, the receiver with the code that the sender shows: a server takes
// few from one address that it hasn't made itself.
func (w *world) start(t *testing.T, p pairing) (sender, receiver *lab.Process) {
	t.Helper()
	send := append([]string{"send"}, p.at.flags...)
	receive := append([]string{"receive", "--yes"}, p.at.flags...)
	sender = w.run(t, w.sender, p.from, w.out, append(send, p.from.args...))
	code := sender.Await(t, patience, shownCode)[1]
	receiver = w.run(t, w.receiver, p.to, p.to.in, append(append(receive, p.to.args...), code))
	return sender, receiver
}

// run starts one. What it left in temporary directories would be found.
func (w *world) run(t *testing.T, host *lab.Host, s side, dir string, args []string) *lab.Process {
	t.Helper()
	home := t.TempDir()
	cmd := host.Command(s.program.sesame, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(s.input)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "XDG_STATE_HOME=" + filepath.Join(w.dir, "state-"+args[0]),
		"GORACE=halt_on_error=1 exitcode=66", "LC_ALL=C.UTF-8",
	}
	p := lab.Start(t, s.program.name+" sesame "+args[0], cmd)
	t.Cleanup(func() {
		p.Kill()
		if left := list(t, home); len(left) > 0 {
			t.Errorf("%s sesame %s left %q in its temporary directory", s.program, args[0], left)
		}
	})
	return p
}

// finish waits for both ends and compares their exit codes.
func finish(t *testing.T, sender, receiver *lab.Process, wantSender, wantReceiver int) {
	t.Helper()
	if got := receiver.Exit(t, patience); got != wantReceiver {
		t.Errorf("the receiver's exit code is %d, want %d", got, wantReceiver)
	}
	if got := sender.Exit(t, patience); got != wantSender {
		t.Errorf("the sender's exit code is %d, want %d", got, wantSender)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// folder returns a new, empty directory below w's.
func (w *world) folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(w.dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// said fails the test unless p has said something that matches pattern on standard
// error.
func said(t *testing.T, p *lab.Process, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(p.Err.String()) {
		t.Errorf("%s did not say %q", first(p), pattern)
	}
}

// first is a program's name.
func first(p *lab.Process) string { return strings.SplitN(p.String(), "\n", 2)[0] }

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

// equal fails the test unless in dir are names alone, each as it was sent.
func (w *world) equal(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		w.same(t, dir, name)
	}
	if got := list(t, dir); !slices.Equal(got, names) {
		t.Errorf("there is %q, want %q", got, names)
	}
}

// same fails the test unless something in dir is as it was sent.
func (w *world) same(t *testing.T, dir, name string) {
	t.Helper()
	diff := exec.Command("diff", "--recursive", "--no-dereference", filepath.Join(w.out, name), filepath.Join(dir, name))
	if out, err := diff.CombinedOutput(); err != nil {
		t.Errorf("diff: %v: %.1000s", err, out)
	}
}
