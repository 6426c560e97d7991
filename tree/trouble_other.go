//go:build !windows

package tree

import "syscall"

// ofSystem knows what only this system has: nothing.
func ofSystem(syscall.Errno) Trouble { return TroubleUnknown }

// InUse is false: whoever has a file open, it can be replaced here.
func InUse(error) bool { return false }
