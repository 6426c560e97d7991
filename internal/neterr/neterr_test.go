package neterr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Fails if what Go wraps around a system's error hides what that means, or anything
// else is taken for one.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Meaning
	}{
		{nil, Unknown},
		{errors.New("connection refused"), Unknown},
		{syscall.ENOENT, Unknown},
		{os.ErrPermission, Unknown},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, Refused},
		{fmt.Errorf("x: %w", errors.Join(errors.New("y"), syscall.EPIPE)), Reset},
		{syscall.EHOSTUNREACH, Unreachable},
		{syscall.EADDRINUSE, InUse},
		{syscall.EADDRNOTAVAIL, NotHere},
		{syscall.EAFNOSUPPORT, NoFamily},
		{syscall.EACCES, Forbidden},
		{syscall.ETIMEDOUT, TimedOut},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), TimedOut},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, TimedOut},
		{&net.DNSError{IsTimeout: true}, TimedOut},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v means %q, want %q", c.err, got, c.want)
		}
	}
	if Is(errors.New("x"), Unknown, Refused) || !Is(syscall.ECONNRESET, Refused, Reset) {
		t.Error("Is and Of differ")
	}
}

// Fails if Windows' numbers mean something else than those of the same name do on
// Unix, or aren't known.
func TestWinsock(t *testing.T) {
	for code, unix := range map[syscall.Errno]syscall.Errno{
		10013: syscall.EACCES, 10043: syscall.EPROTONOSUPPORT, 10046: syscall.EPFNOSUPPORT, 10047: syscall.EAFNOSUPPORT,
		10048: syscall.EADDRINUSE, 10049: syscall.EADDRNOTAVAIL, 10050: syscall.ENETDOWN, 10051: syscall.ENETUNREACH,
		10053: syscall.ECONNABORTED, 10054: syscall.ECONNRESET, 10060: syscall.ETIMEDOUT, 10061: syscall.ECONNREFUSED,
		10064: syscall.EHOSTDOWN, 10065: syscall.EHOSTUNREACH, 109: syscall.EPIPE, 232: syscall.EPIPE,
	} {
		if got, want := winsock(code), portable(unix); got != want || want == Unknown {
			t.Errorf("%d means %q, want %q as %v", code, got, want, unix)
		}
	}
	for _, code := range []syscall.Errno{0, 2, 5, 10004, 10035, 11001} { // not interrupted, "would block" or "no such host"
		if got := winsock(code); got != Unknown {
			t.Errorf("%d means %q", code, got)
		}
	}
}

// Fails if this system's own sockets return something that isn't known.
func TestOfRealSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no sockets here:", err)
	}
	defer l.Close()
	if _, err := net.Listen("tcp", l.Addr().String()); !Is(err, InUse) {
		t.Errorf("a port that is taken: %v", err)
	}
	if _, err := net.Listen("tcp", "192.0.2.1:0"); !Is(err, NotHere) {
		t.Errorf("an address of somebody else: %v", err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s.(*net.TCPConn).SetLinger(0)
	s.Close()
	// Under wine a connection is sometimes ended instead of cut.
	if _, err := c.Read(make([]byte, 1)); !Is(err, Reset) && (runtime.GOOS != "windows" || err != io.EOF) {
		t.Errorf("a connection that was cut: %v", err)
	}
	at := l.Addr().String()
	l.Close()
	if _, err := net.Dial("tcp", at); !Is(err, Refused) {
		t.Errorf("nobody listens: %v", err)
	}
}
