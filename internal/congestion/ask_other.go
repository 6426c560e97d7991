//go:build !linux || nobbr

package congestion

// ask does nothing: the system has no such option, or what it has by default is to be
// measured, which is what the tag nobbr is for.
func ask(uintptr, string) {}
