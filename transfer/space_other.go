//go:build !linux && !darwin && !freebsd && !windows

package transfer

import (
	"errors"
	"os"
	"syscall"
)

// cannotSyncDirs is true where nobody knows.
const cannotSyncDirs = true

// freeSpace returns -1: the system doesn't tell.
func freeSpace(*os.Root) int64 { return -1 }

// isFull reports whether err says that there is no space.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
