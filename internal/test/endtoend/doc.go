// Package endtoend runs the built programs against each other under what
// happens to real ones: kills, cut networks, full disks, changing files, odd
// names, trees too large to hold. Two processes on two hosts, real sockets,
// real files. All of it is in its tests.
//
// The tests need root on Linux, to make a network of their own; elsewhere they
// are skipped, and say so. They look at nothing but what a user could: files,
// exit codes, what the programs print, memory, bytes on the wire.
package endtoend
