//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushTyped throws away what was typed at the terminal f and not read.
func flushTyped(f *os.File) {
	const typed = 1 // FREAD of sys/fcntl.h
	unix.IoctlSetPointerInt(int(f.Fd()), unix.TIOCFLUSH, typed)
}
