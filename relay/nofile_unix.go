//go:build unix

package relay

import "syscall"

// openFiles returns how many files the process may have open. The Go runtime
// has raised it to the hard limit already.
func openFiles() uint64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1024
	}
	return uint64(r.Cur)
}
