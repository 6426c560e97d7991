package stun

import (
	"net"

	"golang.org/x/sys/unix"
)

// widen gives a socket room for so many bytes of packets that wait to be read: past
// the system's limit where that is allowed, else up to it.
func widen(conn *net.UDPConn, size int) {
	forced := false
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			forced = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) == nil
		})
	}
	if !forced {
		conn.SetReadBuffer(size)
	}
}
