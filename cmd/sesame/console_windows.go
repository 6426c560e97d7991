package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeysSequences reports whether the terminal f can be told to erase its line, which a
// console of Windows has to be asked for, and old ones can't. restore undoes that; it
// is never nil. The terminals that come with Cygwin can always.
func obeysSequences(f *os.File) (yes bool, restore func()) {
	restore = func() {}
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return true, restore // no console
	}
	const virtual = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	if mode&virtual == virtual {
		return true, restore
	}
	if windows.SetConsoleMode(console, mode|virtual) != nil {
		return false, restore
	}
	return true, func() { windows.SetConsoleMode(console, mode) }
}
