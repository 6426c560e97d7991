package main

import (
	"io"
	"net"
	"os"
	"sesame/internal/neterr"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// When the files run out, what runs goes on, who comes is turned away, and the server
// accepts again as soon as there are some.
func TestFilesRunOut(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0")
	addr := serverLine.FindStringSubmatch(p.line)[1]
	a, b := pipe(t, addr)
	defer a.Close()
	defer b.Close()
	open, err := os.ReadDir("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/fd")
	if os.IsPermission(err) && os.Geteuid() != 0 {
		t.Skip("the program lets nobody but root look at it")
	}
	if err != nil {
		t.Fatal(err)
	}
	few := uint64(len(open) + 10)
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: few, Max: few}, nil); err != nil {
		t.Skip(err)
	}
	var hogs []net.Conn
	for range 30 { // the system takes them, the server can't
		c, err := net.Dial("tcp", addr)
		if neterr.Is(err, neterr.Reset) {
			continue // it was quick to say so
		}
		if err != nil {
			t.Fatal(err)
		}
		hogs = append(hogs, c)
	}
	for deadline := time.Now().Add(patience); ; {
		p.mu.Lock()
		noticed := strings.Contains(p.stderr.String(), "too many open files")
		p.mu.Unlock()
		if noticed {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the files didn't run out")
		}
		time.Sleep(10 * time.Millisecond) // until another process has logged it
	}
	io.WriteString(a, "still here")
	if _, err := io.ReadFull(b, make([]byte, 10)); err != nil {
		t.Errorf("the running pair: %v", err)
	}
	// Who can't be served is told so: he doesn't wait for an answer in vain.
	last, err := net.Dial("tcp", addr)
	if err == nil {
		last.SetReadDeadline(time.Now().Add(patience))
		_, err = last.Read(make([]byte, 1))
		last.Close()
	}
	if !neterr.Is(err, neterr.Reset) {
		t.Errorf("a connection that there is no file for: %v, want a reset", err)
	}
	for _, c := range hogs {
		c.Close()
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // until the server knows that they are gone
		c, d, err := tryPipe(addr)
		if err == nil {
			c.Close()
			d.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	a.Close()
	b.Close()
	if _, stderr, code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d, log:\n%s", code, stderr)
	}
}
