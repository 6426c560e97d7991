// Package choice decides which lane of a session carries how much of what a side sends:
// by what a lane brings home, never by what sort it is. It has no lanes of its own, no
// clock and no goroutine.
//
// There is no choice of one lane. Each takes the next piece when it has room, and has
// room for what it brought home in the last round trip and a bit, twice (Lane): so a slow
// one holds little, and a fast one is never out of work. What would come last is sent
// twice. The one decision is when relays rest, whose bandwidth is somebody else's: where
// the direct lanes do as well (machine). What a person is told follows what carries
// (Telling).
//
// Its simulator is in its tests (TestSimulated…). Source: doc/choice.md §1 and §2.
package choice
