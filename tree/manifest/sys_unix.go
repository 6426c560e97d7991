//go:build unix

package manifest

import (
	"io/fs"
	"os"
	"syscall"
)

// How files and directories are opened: no FIFO makes an open wait, and no link
// stands in for the last element.
const (
	openFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW
	dirFlags  = syscall.O_DIRECTORY
)

// fileID tells files apart, as far as the system numbers them; it is never 0.
func fileID(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return identity(uint64(st.Dev), uint64(st.Ino))
}

// identity is fileID of a device and an inode.
func identity(dev, ino uint64) uint64 { return (dev*0x9e3779b97f4a7c15 ^ ino) | 1<<63 }

// surelyReadable reports whether a file's mode alone lets this process read it,
// which saves opening it.
func surelyReadable(info fs.FileInfo) bool {
	const all = 0o444
	if info.Mode()&all == all {
		return true
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && info.Mode()&0o400 != 0
}
