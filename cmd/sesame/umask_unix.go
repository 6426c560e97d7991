//go:build unix

package main

import "syscall"

// ownFiles lets the user read and write what the program makes, whatever the umask:
// one that keeps the owner out closes directories before anything can be made in
// them.
func ownFiles() { syscall.Umask(syscall.Umask(0o077) &^ 0o700) }
