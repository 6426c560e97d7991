package reason

import (
	"errors"
	"runtime"
	"syscall"
)

// The codes of Windows: WSAECONNRESET, WSAECONNREFUSED.
const (
	wsaConnReset   = 10054
	wsaConnRefused = 10061
)

// Reset reports whether the other end cut a connection that it had taken, as a server
// does that is overloaded or being started again: later it may serve.
func Reset(err error) bool {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	return isWindows(err, wsaConnReset)
}

// Refused reports whether somebody said at once that nobody listens there.
func Refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || isWindows(err, wsaConnRefused)
}

// isWindows reports whether this is Windows, and err its code.
func isWindows(err error, number syscall.Errno) bool {
	var code syscall.Errno
	return runtime.GOOS == "windows" && errors.As(err, &code) && code == number
}
