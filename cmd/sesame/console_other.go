//go:build !windows

package main

import "os"

// obeysSequences reports that every terminal can erase its line.
func obeysSequences(*os.File) (yes bool, restore func()) { return true, func() {} }
