//go:build !unix && !windows

package tree

import (
	"errors"
	"syscall"
)

// NoSpace reports whether err says that there is no room.
func NoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// OverQuota reports whether err says that this user may have no more: no error does.
func OverQuota(error) bool { return false }

// TooLarge reports whether err says that a file would be larger than it may be: no
// error does.
func TooLarge(error) bool { return false }

// InUse is false: whoever has a file open, it can be replaced here.
func InUse(error) bool { return false }
