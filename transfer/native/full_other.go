//go:build !unix && !windows

package native

// isFull reports whether err says that there is no room on a disk.
func isFull(error) bool { return false }
