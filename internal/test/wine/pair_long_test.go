//go:build linux && long

package wine

import (
	"fmt"
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

// patience bounds every wait: wine takes some seconds to start, on a busy machine many.
const patience = 2 * time.Minute

// A system is where a program runs.
type system string

const (
	linux   system = "linux"
	windows system = "windows"
)

// A bench is a directory to send from and one to receive into, and a server.
type bench struct {
	t       *testing.T
	url     string
	relay   string // host:port
	out, in string
	home    string // of the Linux programs
}

var printedAddress = regexp.MustCompile(`ws://([^/\s]+)/v1`)

// newBench makes one, with a server of that system.
func newBench(t *testing.T, server system) *bench {
	t.Helper()
	dir, err := os.MkdirTemp(shared.work, "bench")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, out: filepath.Join(dir, "out"), in: filepath.Join(dir, "in"), home: filepath.Join(dir, "home")}
	for _, d := range []string{b.out, b.in, b.home} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, line := lab.FirstLine(t, "relay on "+string(server), b.command(server, dir, "sesame-relay", "--listen", lab.Center+":0"))
	m := printedAddress.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("the relay printed %q, which names no server", line)
	}
	b.url, b.relay = m[0], m[1]
	return b
}

// command returns what runs one of the programs in dir.
func (b *bench) command(on system, dir, program string, args ...string) *exec.Cmd {
	if on == windows {
		return inWine(dir, filepath.Join(shared.windows, program+".exe"), args...)
	}
	cmd := exec.Command(filepath.Join(shared.linux, program), args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + b.home, "XDG_STATE_HOME=" + b.home, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	return cmd
}

var numbers atomic.Int64

// newCode returns a code that nobody has used.
func newCode() string { return fmt.Sprintf("%d-crossover-clockwork", 1000+numbers.Add(1)) }

func (b *bench) send(on system, code string, args ...string) *lab.Process {
	b.t.Helper()
	line := append([]string{"send", "--server", b.url, "--code", code}, args...)
	return lab.Start(b.t, "send on "+string(on), b.command(on, b.out, "sesame", line...))
}

func (b *bench) receive(on system, code string, args ...string) *lab.Process {
	b.t.Helper()
	line := append(append([]string{"receive", "--server", b.url, "--yes"}, args...), code)
	return lab.Start(b.t, "receive on "+string(on), b.command(on, b.in, "sesame", line...))
}

// done waits for the end of both, and fails the test unless they return what they should.
func (b *bench) done(sender, receiver *lab.Process, wantSender, wantReceiver int) {
	b.t.Helper()
	if got := receiver.Exit(b.t, patience); got != wantReceiver {
		b.t.Errorf("the receiver returns %d, want %d", got, wantReceiver)
	}
	if got := sender.Exit(b.t, patience); got != wantSender {
		b.t.Errorf("the sender returns %d, want %d", got, wantSender)
	}
	if b.t.Failed() {
		b.t.FailNow()
	}
}

// both runs f for a sender on Windows and a receiver on Linux, and the other way round.
func both(t *testing.T, f func(t *testing.T, sender, receiver system)) {
	t.Run("from windows", func(t *testing.T) { f(t, windows, linux) })
	t.Run("to windows", func(t *testing.T) { f(t, linux, windows) })
}

// files makes files with contents of their own below dir. A path that ends in a
// slash is a folder.
func files(t *testing.T, dir string, paths ...string) {
	t.Helper()
	for _, path := range paths {
		full := filepath.Join(dir, path)
		if strings.HasSuffix(path, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte("this is "+path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// everything lists what is below dir: folders with a slash, files with their contents.
func everything(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			all = append(all, rel+"/")
			return nil
		}
		content, err := os.ReadFile(path)
		all = append(all, rel+": "+string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// alike fails the test unless everything below both directories is the same.
func alike(t *testing.T, got, want string) {
	t.Helper()
	if a, b := everything(t, got), everything(t, want); !slices.Equal(a, b) {
		t.Errorf("there is %q, want %q", a, b)
	}
}
