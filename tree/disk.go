package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"sesame/internal/safetext"
)

// A DiskError is a refusal by this side's own disk, or another Store. What had arrived is
// kept, unless Discarded says otherwise, so that the transfer can go on once the
// cause is gone.
type DiskError struct {
	Op        Op
	Need      uint64 // bytes of OpReceiving, files and folders of OpMaking
	Path      string // what it was about, relative to the receiver's directory; may be empty
	Free      uint64 // what is free of what Lacks says, if Err says that the disk is full; math.MaxUint64 if that isn't known
	Lacks     Lack   // what there is too little of, if Err says that the disk is full
	Err       error  // from the operating system
	Discarded bool   // what had arrived is not kept (Options.Discard)
}

// A Lack is what there is too little of on a disk that is full.
type Lack uint8

const (
	LackUnknown Lack = iota // the system didn't say; DiskError.Free counts bytes
	LackBytes
	LackFiles // or directories
)

// An Op is what was done when a disk refused.
type Op string

// The ops. Those without a path say so.
const (
	OpOpening   Op = "opening"
	OpReading   Op = "reading"
	OpLooking   Op = "looking at"
	OpWriting   Op = "writing"
	OpInto      Op = "writing into" // a folder, to make room in it for what arrives
	OpCreating  Op = "creating"
	OpRemoving  Op = "removing"
	OpPlacing   Op = "placing"
	OpReplacing Op = "replacing"
	OpSyncing   Op = "syncing"
	OpUnpacking Op = "reading what has arrived of"
	OpReceiving Op = "receiving" // no path: Need bytes
	OpMaking    Op = "making"    // no path: Need files and folders
)

// Ops are all of them.
var Ops = []Op{
	OpOpening, OpReading, OpLooking, OpWriting, OpInto, OpCreating, OpRemoving, OpPlacing, OpReplacing, OpSyncing,
	OpUnpacking, OpReceiving, OpMaking,
}

func (e *DiskError) doing() string {
	switch e.Op {
	case OpReceiving:
		return "receiving " + Size(e.Need)
	case OpMaking:
		return fmt.Sprintf("making %d files and folders", e.Need)
	}
	return strings.TrimSpace(string(e.Op) + " " + safetext.Line(e.Path, 120))
}

// Error says what failed and, for a full disk, what to do. It is for logs.
func (e *DiskError) Error() string {
	what := e.doing()
	again := "make room and start again"
	if !e.Discarded {
		again += ": what has arrived is kept"
	}
	switch {
	case NoSpace(e.Err) && e.Free == math.MaxUint64:
		return fmt.Sprintf("disk full: %s; %s", what, again)
	case NoSpace(e.Err) && e.Lacks == LackFiles && e.Free == 0:
		return fmt.Sprintf("disk full: %s: no room for another file, as there are too many files; %s", what, again)
	case NoSpace(e.Err) && e.Lacks == LackFiles:
		return fmt.Sprintf("disk full: %s: room for %d more; %s", what, e.Free, again)
	case NoSpace(e.Err) && e.Lacks == LackUnknown && e.Free > 1<<20:
		return fmt.Sprintf("disk full: %s: no room for another file or block, though %s are free (too many files, or space kept for root); %s", what, Size(e.Free), again)
	case NoSpace(e.Err):
		return fmt.Sprintf("disk full: %s: %s free; %s", what, Size(e.Free), again)
	case OverQuota(e.Err):
		return fmt.Sprintf("disk quota used up: %s; %s", what, again)
	case TooLarge(e.Err):
		return fmt.Sprintf("%s: the file is too large for this file system or for this process's limit; receive into another directory", what)
	}
	if t := TroubleOf(e.Err); t != TroubleUnknown {
		return fmt.Sprintf("%s: %v", what, t)
	}
	return fmt.Sprintf("%s: %v", what, plainError(e.Err))
}

// Full reports whether the disk, or what this user may have of it, is used up.
func (e *DiskError) Full() bool { return NoSpace(e.Err) || OverQuota(e.Err) }

// Held reports whether another program has a file open that was to be replaced.
func (e *DiskError) Held() bool {
	return errors.Is(e.Err, ErrInUse) || e.Op == OpPlacing && InUse(e.Err)
}

// Is makes errors.Is(err, ErrFull) say what Full does.
func (e *DiskError) Is(target error) bool { return target == ErrFull && e.Full() }

// Unwrap returns Err.
func (e *DiskError) Unwrap() error { return e.Err }

// plainError drops the operation and path of an error from package os, which
// DiskError says better.
func plainError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Size writes a number of bytes for people.
func Size(n uint64) string {
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
