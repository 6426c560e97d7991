//go:build unix

package segments

import "golang.org/x/sys/unix"

func set(fd uintptr, s Size) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, int(s)) }
