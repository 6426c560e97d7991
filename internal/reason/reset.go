package reason

import (
	"errors"
	"runtime"
	"syscall"
)

// wsaConnReset is the code of Windows (WSAECONNRESET).
const wsaConnReset = 10054

// Reset reports whether the other end cut a connection that it had taken, as a server
// does that is overloaded or being started again: later it may serve.
func Reset(err error) bool {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	var code syscall.Errno
	return runtime.GOOS == "windows" && errors.As(err, &code) && code == wsaConnReset
}
