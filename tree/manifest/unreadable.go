//go:build !js

package manifest

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// checkEmpty returns an error if there is something in f, whose size is 0: the
// system has files that it makes while they are read. They can be sent as streams.
func checkEmpty(f *os.File) error {
	if n, _ := f.ReadAt(make([]byte, 1), 0); n > 0 {
		return errNoSize
	}
	return nil
}

var errNoSize = errors.New("holds more than its size says")

var errReplaced = errors.New("was replaced while it was listed")

// unreadable says why something can't be read, without its path.
func unreadable(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, errReplaced), errors.Is(err, errNoSize):
		return err.Error()
	case errors.Is(err, fs.ErrPermission):
		return "can't be read: permission denied"
	case errors.Is(err, fs.ErrNotExist):
		return "was removed while it was listed"
	case errors.As(err, &errno):
		return "can't be read: " + errno.Error()
	}
	return "can't be read"
}

// special names what is neither file, directory nor link.
func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "is a named pipe"
	case mode&fs.ModeSocket != 0:
		return "is a socket"
	case mode&fs.ModeDevice != 0:
		return "is a device"
	case mode&fs.ModeSymlink != 0:
		return "is a link to nowhere"
	}
	return "is no regular file"
}
