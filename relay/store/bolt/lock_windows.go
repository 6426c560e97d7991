package bolt

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes a lock file, which it makes if there is none. It is ErrInUse if another
// process has it. The lock ends with the file, or its process.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, ErrInUse
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}

// shut closes a file whose pages may still be mapped.
func shut(f *os.File) error { return f.Close() }
