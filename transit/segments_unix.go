//go:build unix

package transit

import "golang.org/x/sys/unix"

// setSmallSegments is for a socket that isn't connected yet. If it fails the
// connection is made as usual.
func setSmallSegments(fd uintptr) {
	unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, segmentSize)
}
