//go:build !unix

package coredump

// Windows makes no dumps of programs that don't ask for them, and a browser has no
// such thing.
func forbid() error { return nil }
