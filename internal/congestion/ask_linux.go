//go:build linux && !nobbr

package congestion

import "golang.org/x/sys/unix"

// ask asks for a controller on a TCP socket. A refusal is as good as an answer: EPERM if it
// isn't for everybody here, ENOENT if the system doesn't have it.
func ask(fd uintptr, name string) {
	unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
}
