package main

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// When the files run out, what runs goes on, and the server accepts again as
// soon as there are some.
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
	for _, c := range hogs {
		c.Close()
	}
	c, d := pipe(t, addr)
	c.Close()
	d.Close()
	a.Close()
	b.Close()
	if _, stderr, code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d, log:\n%s", code, stderr)
	}
}
