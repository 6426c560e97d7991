package tree

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// NoSpace reports whether err says that there is no room on a disk. It knows the
// portable name too, for errors that say in advance what the system would.
func NoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// OverQuota reports whether err says that this user may have no more of a disk.
func OverQuota(err error) bool { return errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) }

// InUse reports whether err, which came of replacing a file, says that another program
// has it open. Where that doesn't let others remove it Windows has two ways to say so.
func InUse(err error) bool {
	for _, code := range []error{windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_USER_MAPPED_FILE, windows.ERROR_ACCESS_DENIED} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// TooLarge reports whether err says that a file would be larger than it may be.
func TooLarge(err error) bool { return errors.Is(err, windows.ERROR_FILE_TOO_LARGE) }
