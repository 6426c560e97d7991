//go:build !unix

package main

// ownFiles does nothing where there is no umask.
func ownFiles() {}
