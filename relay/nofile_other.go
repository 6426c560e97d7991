//go:build !unix

package relay

// openFiles returns how many files the process may have open.
func openFiles() uint64 { return 16384 }
