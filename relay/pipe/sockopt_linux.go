package pipe

import (
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes the kernel keeps for a client that hasn't shown yet
// that it reads, beyond those that are on their way to it.
const unsent = 128 << 10

// Tune prepares an accepted connection: the kernel shall give up on a peer that
// hasn't acknowledged, or hasn't accepted, a byte for patience, and it shall
// keep little. These are hints: errors don't matter.
func Tune(c *net.TCPConn, patience time.Duration) {
	control(c, func(fd int) {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(patience.Milliseconds()))
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}

// widen lets the kernel keep as much for a client as it finds good for speed.
func widen(c *net.TCPConn) {
	control(c, func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, -1) })
}

func control(c *net.TCPConn, f func(fd int)) {
	if c == nil {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// kernelMemory returns how much memory the kernel has in use for the bytes that
// wait in c, both ways; 0 for nil.
func kernelMemory(c *net.TCPConn) int {
	var info [9]uint32 // sk_meminfo: received, its bound, being sent, its bound, reserved, queued, …
	size := uint32(unsafe.Sizeof(info))
	control(c, func(fd int) {
		unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0) // zeros if it fails
	})
	return int(info[0]) + int(info[4]) + int(info[5])
}
