//go:build unix

package pipe

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// readNext waits until c has bytes and reads them into a buffer, which is
// taken only then.
func readNext(c *net.TCPConn, p *buffers) (b []byte, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var n int
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		b = p.get()
		n, failed = again(func() (int, error) { return unix.Read(int(fd), b) })
		if failed == unix.EAGAIN {
			p.put(b)
			b = nil
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return b[:0], failed
	case n == 0:
		return b[:0], io.EOF
	}
	return b[:n], nil
}

// hasEnded reports whether c's peer has sent its end and everything before that
// has been read.
func hasEnded(c *net.TCPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return true
	}
	ended := false
	raw.Control(func(fd uintptr) {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		ended = n == 0 && err == nil
	})
	return ended
}

// writeInParts writes b to c and calls moved whenever c has taken a part.
func writeInParts(c *net.TCPConn, b []byte, moved func()) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		for len(b) > 0 {
			n, err := again(func() (int, error) { return unix.Write(int(fd), b) })
			if err == unix.EAGAIN {
				return false
			}
			if failed = err; err != nil {
				return true
			}
			moved()
			b = b[n:]
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return err
}

// again repeats a system call that a signal has interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != syscall.EINTR {
			return n, err
		}
	}
}
