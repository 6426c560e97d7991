//go:build !unix

package main

// onReturn does nothing: here a terminal stops no program.
func onReturn(func()) (done func()) { return func() {} }

func stop() {}
