//go:build linux || darwin || freebsd || netbsd || openbsd

package manifest

import (
	"os"

	"golang.org/x/sys/unix"
)

// descriptor returns one of root itself, which the caller gives to closeDescriptor;
// -1 if there is none.
func descriptor(root *os.Root) int {
	f, err := root.Open(".")
	if err != nil {
		return -1
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

func closeDescriptor(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// readAll reads a regular file in the directory dir, which no link stands for,
// into p, and reports whether p is full.
func readAll(dir int, name string, p []byte) (st fileState, ok bool) {
	if dir < 0 {
		return st, false
	}
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return st, false
	}
	defer unix.Close(fd)
	var before, after unix.Stat_t
	if unix.Fstat(fd, &before) != nil || before.Mode&unix.S_IFMT != unix.S_IFREG {
		return st, false
	}
	for n := 0; n < len(p); {
		k, err := unix.Pread(fd, p[n:], int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil || k <= 0 {
			return st, false
		}
		n += k
	}
	if unix.Fstat(fd, &after) != nil {
		return st, false
	}
	return fileState{identity(uint64(after.Dev), uint64(after.Ino)), after.Size, nano(int64(after.Mtim.Sec), int64(after.Mtim.Nsec))}, true
}
