//go:build linux

package main

import (
	"os"
	"syscall"
)

// blocks returns the bytes that a file takes on disk.
func blocks(info os.FileInfo) int64 {
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}
