// Package coredump keeps what a program has in its memory, keys and contents, out
// of files that the system makes of it when it crashes, and out of the reach of
// other programs of the same user.
package coredump

// Forbid has the system make no core dump of this process, and where it can (on
// Linux) let nobody but root attach to it or read its memory. Processes that this
// one starts are limited in the size of their dumps, too. A program works without:
// the error says what couldn't be had.
//
// On Linux the entries of the process below /proc belong to root from then on.
// The process itself reads them as before.
func Forbid() error { return forbid() }
