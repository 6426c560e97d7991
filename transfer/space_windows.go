package transfer

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// cannotSyncDirs is true: Windows syncs files only.
const cannotSyncDirs = true

// freeSpace returns how many bytes can be written in dir, or -1 if the system
// doesn't tell.
func freeSpace(dir *os.Root) int64 {
	name, err := windows.UTF16PtrFromString(dir.Name())
	if err != nil {
		return -1
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return -1
	}
	return int64(min(free, math.MaxInt64))
}

// isFull reports whether err says that there is no space.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
