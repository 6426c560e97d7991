package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// dataSync has the disk take what was written to a file, without times and the like.
func dataSync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		switch err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}
