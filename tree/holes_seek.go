//go:build linux || darwin || freebsd

package tree

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// nextData returns where the next data of f at or after off may be, or size if
// there is only a hole up to there. The position of f changes.
func nextData(f *os.File, off, size int64) int64 {
	at, err := f.Seek(off, unix.SEEK_DATA)
	switch {
	case err == nil:
		return min(at, size)
	case errors.Is(err, unix.ENXIO):
		return size
	}
	return off
}

// hasHole reports whether f has a hole before its end. The position of f changes.
func hasHole(f *os.File, size int64) bool {
	hole, err := f.Seek(0, unix.SEEK_HOLE)
	return err == nil && hole < size
}
