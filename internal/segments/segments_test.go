//go:build linux

package segments_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"sesame/internal/segments"
)

// Fails if one of the two ends of a connection puts more into a packet than it
// should.
func TestSmall(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, size := range []segments.Size{segments.Small, segments.Tiny} {
		small(t, l, size)
	}
	if s := segments.Size(0); s.Next() != segments.Small || s.Next().Next() != segments.Tiny || segments.Tiny.Next() != segments.Tiny {
		t.Error("sizes don't follow one another")
	}
}

func small(t *testing.T, l net.Listener, size segments.Size) {
	t.Helper()
	dialled, err := segments.Dial(segments.With(t.Context(), size), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	for _, c := range []net.Conn{dialled, accepted} {
		raw, err := c.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) {
			if n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG); err != nil || n > int(size) {
				t.Errorf("segments of %d bytes, %v; want at most %d", n, err, size)
			}
		})
	}
}
