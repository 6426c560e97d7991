//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sharedport

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system lets connections go out from the port of a
// listener.
const Supported = true

// Share lets a port be shared by a listener and connections that go out from it,
// all of which have it as their Control. On Linux only processes of the
// same user can share it then.
func Share(_, _ string, c syscall.RawConn) error {
	var err error
	if outer := c.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	}); outer != nil {
		return outer
	}
	return err
}
