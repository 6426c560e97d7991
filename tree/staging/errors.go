package staging

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"syscall"

	"sesame/internal/safetext"
)

// A DiskError is a refusal by the receiver's own disk. What had arrived is
// kept, unless Discarded says otherwise, so that the transfer can go on once the
// cause is gone.
type DiskError struct {
	Op        string // "writing", "creating", "placing", …
	Path      string // what it was about, relative to the receiver's directory; may be empty
	Free      uint64 // what is free of what Lacks says, if Err says that the disk is full; math.MaxUint64 if that isn't known
	Lacks     Lack   // what there is too little of, if Err says that the disk is full
	Err       error  // from the operating system
	Discarded bool   // what had arrived is not kept (Options.Discard)
}

// A Lack is what there is too little of on a disk that is full.
type Lack uint8

const (
	Something Lack = iota // the system didn't say; DiskError.Free counts bytes
	Bytes
	Files // or directories
)

// Error says what failed and, for a full disk, what to do.
func (e *DiskError) Error() string {
	what := strings.TrimSpace(e.Op + " " + safetext.Line(e.Path, 120))
	again := "make room and start again"
	if !e.Discarded {
		again += ": what has arrived is kept"
	}
	switch {
	case isNoSpace(e.Err) && e.Free == math.MaxUint64:
		return fmt.Sprintf("disk full: %s; %s", what, again)
	case isNoSpace(e.Err) && e.Lacks == Files && e.Free == 0:
		return fmt.Sprintf("disk full: %s: no room for another file, as there are too many files; %s", what, again)
	case isNoSpace(e.Err) && e.Lacks == Files:
		return fmt.Sprintf("disk full: %s: room for %d more; %s", what, e.Free, again)
	case isNoSpace(e.Err) && e.Lacks == Something && e.Free > 1<<20:
		return fmt.Sprintf("disk full: %s: no room for another file or block, though %s are free (too many files, or space kept for root); %s", what, bytesText(e.Free), again)
	case isNoSpace(e.Err):
		return fmt.Sprintf("disk full: %s: %s free; %s", what, bytesText(e.Free), again)
	case isQuota(e.Err):
		return fmt.Sprintf("disk quota used up: %s; %s", what, again)
	case isTooBig(e.Err):
		return fmt.Sprintf("%s: the file is too large for this file system or for this process's limit; receive into another directory", what)
	}
	return fmt.Sprintf("%s: %v", what, plainError(e.Err))
}

// Full reports whether the disk, or what this user may have of it, is used up.
func (e *DiskError) Full() bool { return isNoSpace(e.Err) || isQuota(e.Err) }

// Unwrap returns Err.
func (e *DiskError) Unwrap() error { return e.Err }

// isNoSpace is isFull, and knows the portable name too, for errors that say in
// advance what the system would.
func isNoSpace(err error) bool { return isFull(err) || errors.Is(err, syscall.ENOSPC) }

// plainError drops the operation and path of an error from package os, which
// DiskError says better.
func plainError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// lack says what is missing in d, which the system has just called full.
func (d *folder) lack() (free uint64, what Lack) {
	free, inodes, ok := d.space()
	switch {
	case !ok:
		return math.MaxUint64, Something
	case inodes == 0:
		return 0, Files
	}
	return free, Something
}

// bytesText writes a number of bytes for people.
func bytesText(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	x := float64(n)
	unit := ""
	for _, unit = range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		x /= 1000
		if x < 999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", x, unit)
}
