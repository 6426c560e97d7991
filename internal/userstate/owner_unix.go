//go:build unix

package userstate

import (
	"io/fs"
	"os"
	"syscall"
)

// modesMean says that the mode of a directory tells who may write in it.
const modesMean = true

// mine reports whether a file belongs to this process's user.
func mine(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == uint32(os.Geteuid())
}
