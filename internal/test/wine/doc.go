// Package wine runs the programs as they are built for Windows, beside those for
// Linux, and the tests of packages that need no socket. Windows is wine's, a program
// that does on Linux what Windows does; how it differs from the real one, doc/platforms.md
// tells. All of it is in its tests, which have build tag long, need root on Linux, and
// are run by "make test-wine".
package wine
