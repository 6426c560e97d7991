package native

import (
	"errors"
	"os"
	"syscall"
)

// SEEK_DATA and SEEK_HOLE.
const (
	seekData = 3
	seekHole = 4
)

// sparse reports whether f has a hole before its end.
func sparse(f *os.File, size int64) bool {
	hole, err := f.Seek(0, seekHole)
	return err == nil && hole < size
}

// nextData returns where data begins at or after off, size if there is none. The
// position of f changes.
func nextData(f *os.File, off, size int64) int64 {
	data, err := f.Seek(off, seekData)
	switch {
	case err == nil:
		return min(data, size)
	case errors.Is(err, syscall.ENXIO):
		return size
	}
	return off
}
