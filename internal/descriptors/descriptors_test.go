package descriptors

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// Fails if what is opened while there are few descriptors isn't tried again, or if
// any other failure is.
func TestPatiently(t *testing.T) {
	full := &fs.PathError{Op: "open", Path: "x", Err: syscall.EMFILE}
	tries, shed := 0, 0
	err := Patiently(func() error {
		if tries++; tries < 5 {
			return full
		}
		return nil
	}, func() { shed++ })
	if err != nil || tries != 5 || shed != 4 {
		t.Errorf("%v after %d tries, shed %d times", err, tries, shed)
	}
	tries = 0
	if err := Patiently(func() error { tries++; return os.ErrNotExist }, nil); !errors.Is(err, os.ErrNotExist) || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
	if Few(nil) || !Few(syscall.ENFILE) || Few(syscall.ENOSPC) {
		t.Error("descriptors aren't told from other things")
	}
}

func TestShare(t *testing.T) {
	if n := Share(64); n < 2 || n > 64 {
		t.Errorf("%d", n)
	}
	if n := Share(1 << 40); n > (limit()-spare)/4 && n > 2 {
		t.Errorf("%d of %d", n, limit())
	}
}
