//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package open

import "syscall"

// Supported reports whether this system lets connections go out from the port of a
// listener. On Windows the option that does would let any program take the port.
const Supported = false

// Share lets a listener's port be shared by the connections that Dial and Ask
// make; not here.
func Share(_, _ string, _ syscall.RawConn) error { return nil }
