package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// flushTyped throws away what was typed at the console f and not read. The terminals
// that come with Cygwin are pipes: there, what waits in the pipe.
func flushTyped(f *os.File) {
	in := windows.Handle(f.Fd())
	if windows.FlushConsoleInputBuffer(in) == nil {
		return
	}
	var waiting uint32
	peek := windows.NewLazySystemDLL("kernel32.dll").NewProc("PeekNamedPipe")
	peek.Call(uintptr(in), 0, 0, 0, uintptr(unsafe.Pointer(&waiting)), 0)
	if waiting > 0 {
		f.Read(make([]byte, waiting))
	}
}
