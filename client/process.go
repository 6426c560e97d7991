package client

import (
	"runtime/debug"

	"sesame/internal/coredump"
	"sesame/internal/revision"
	"sesame/rendezvous"
)

// ForbidDumps keeps what this process has in its memory, keys and contents, out of
// files that the system makes of it when it crashes, and where that can be had (on
// Linux) out of the reach of other programs of the same user. It is for a program's
// main to call, first of all: it holds for the whole process, and limits the dumps of
// those that it starts. Nothing here calls it. A program works without: the error says
// what couldn't be had.
func ForbidDumps() error { return coredump.Forbid() }

// About returns what two people compare who want to know whether they have the same:
// the version of the native protocol, and from which commit of its source this program
// was built, or the version of the module that was installed, "" if nothing is
// recorded; and whether the source had changes that aren't in it.
func About() (protocol int, commit string, changed bool) {
	build, _ := debug.ReadBuildInfo()
	commit, changed = revision.Of(build)
	return rendezvous.NativeVersion, commit, changed
}
