//go:build linux || darwin || freebsd

package transfer

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// cannotSyncDirs is false where syncing a directory means something.
const cannotSyncDirs = false

// freeSpace returns how many bytes can be written in dir, or -1 if the system
// doesn't tell.
func freeSpace(dir *os.Root) int64 {
	d, err := dir.Open(".")
	if err != nil {
		return -1
	}
	defer d.Close()
	var st unix.Statfs_t
	if unix.Fstatfs(int(d.Fd()), &st) != nil || st.Bsize <= 0 || st.Blocks == 0 {
		return -1 // some file systems of the kernel's own have no size
	}
	free, size := uint64(max(st.Bavail, 0)), uint64(st.Bsize)
	if free > math.MaxInt64/size {
		return math.MaxInt64
	}
	return int64(free * size)
}

// isFull reports whether err says that there is no space, or none for this user.
func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
