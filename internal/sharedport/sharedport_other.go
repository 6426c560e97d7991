//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package sharedport

import "syscall"

// Supported reports whether this system lets connections go out from the port of a
// listener. On Windows the option that does would let any program take the port.
const Supported = false

// Share lets a port be shared by a listener and connections that go out from it;
// not here.
func Share(_, _ string, _ syscall.RawConn) error { return nil }
