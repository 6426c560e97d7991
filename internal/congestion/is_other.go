//go:build !linux

package congestion

// is doesn't know: of other systems none takes loss for anything but congestion by
// default.
func is(uintptr) bool { return false }
