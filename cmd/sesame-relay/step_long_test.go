//go:build long

package main

// killRounds is how often each number of a write is tried by TestKilledAtAnyWrite.
const killRounds = 10
