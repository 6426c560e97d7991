//go:build !js

package manifest

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"sesame/internal/safetext"
)

// checkEmpty returns an error if there is something in f, whose size is 0: the
// system has files that it makes while they are read. They can be sent as streams.
func checkEmpty(f *os.File) error {
	if n, _ := f.ReadAt(make([]byte, 1), 0); n > 0 {
		return errNoSize
	}
	return nil
}

var (
	errNoSize   = Because(CauseNoSize)
	errReplaced = Because(CauseReplaced)
)

// unreadable says why something can't be read, without its path.
func unreadable(err error) Reason {
	var errno syscall.Errno
	why, known := errors.AsType[Reason](err)
	switch {
	case known:
		return why
	case errors.Is(err, fs.ErrPermission):
		return Because(CauseDenied)
	case errors.Is(err, fs.ErrNotExist):
		return Because(CauseRemoved)
	case errors.As(err, &errno) && shared(errno, runtime.GOOS == "windows"):
		return Because(CauseUnreadable).Saying("another program has it open")
	case errors.As(err, &errno):
		return Because(CauseUnreadable).Saying(safetext.Line(errno.Error(), 80))
	}
	return Because(CauseUnreadable)
}

// shared reports whether an error says that another program has a file open and shares
// it with nobody. Source: Microsoft, System Error Codes: ERROR_SHARING_VIOLATION,
// ERROR_LOCK_VIOLATION.
func shared(code syscall.Errno, windows bool) bool { return windows && (code == 32 || code == 33) }

// special says what is neither file, directory nor link.
func special(mode fs.FileMode) Cause {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return CausePipe
	case mode&fs.ModeSocket != 0:
		return CauseSocket
	case mode&fs.ModeDevice != 0:
		return CauseDevice
	case mode&fs.ModeSymlink != 0:
		return CauseNowhere
	}
	return CauseOdd
}
