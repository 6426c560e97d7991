package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushTyped throws away what was typed at the terminal f and not read.
func flushTyped(f *os.File) { unix.IoctlSetInt(int(f.Fd()), unix.TCFLSH, unix.TCIFLUSH) }
