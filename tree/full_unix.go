//go:build unix

package tree

import (
	"errors"
	"syscall"
)

// NoSpace reports whether err says that there is no room on a disk.
func NoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// OverQuota reports whether err says that this user may have no more of a disk.
func OverQuota(err error) bool { return errors.Is(err, syscall.EDQUOT) }

// TooLarge reports whether err says that a file would be larger than it may be.
func TooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }

// InUse is false: whoever has a file open, it can be replaced here.
func InUse(error) bool { return false }
