// Package tty gives tests a person in front of a program: a pseudo-terminal
// that the program runs on, keys that are typed there, and the screen as it looks
// after all that the program wrote.
//
// It needs Linux. No key is typed twice and none too early: a test waits for what
// the screen shows, as a person does.
package tty
