//go:build linux || darwin || freebsd

package manifest

import (
	"io/fs"
	"syscall"
)

// holes returns how many bytes of a file take no room on the disk, 0 if that is
// less than what a file system rounds up to. What is compressed counts as if it
// had holes.
func holes(info fs.FileInfo) int64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	const unit, page = 512, 4096 // st_blocks is in units of 512 bytes everywhere
	if n := info.Size() - min(int64(st.Blocks), info.Size()/unit+1)*unit; n >= page {
		return n
	}
	return 0
}
