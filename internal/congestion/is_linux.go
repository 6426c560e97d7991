package congestion

import (
	"strings"

	"golang.org/x/sys/unix"
)

// is reports whether a socket has Wanted.
func is(fd uintptr) bool {
	name, err := unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	return err == nil && strings.TrimRight(name, "\x00") == Wanted
}
