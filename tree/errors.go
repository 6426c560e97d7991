package tree

import (
	"errors"
	"fmt"
	"io/fs"

	"sesame/internal/safetext"
)

var (
	// ErrClosed is returned by calls after Close or a finished Place.
	ErrClosed = errors.New("staging is closed")
	// ErrIncomplete is returned by Place while entries are missing.
	ErrIncomplete = errors.New("not everything has arrived")
	// ErrRange is wrapped by the errors about an entry or a range that the
	// manifest doesn't have: the sender breaks the protocol.
	ErrRange = errors.New("outside what was announced")
	// ErrMounted is the cause where a file can't be replaced because something is
	// mounted under its name.
	ErrMounted = errors.New("something is mounted there")
	// ErrReadOnly is the cause where a file can't be replaced because it is marked as
	// one that can't, which keeps Windows from it.
	ErrReadOnly = errors.New("it is read-only")
	// ErrInUse is the cause where a file can't be replaced because another program has
	// it open, which keeps Windows from it.
	ErrInUse = errors.New("another program has it open")
)

// Rangef returns an error that wraps ErrRange, for the Stores of other packages.
func Rangef(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, ErrRange)...)
}

// An ExistsError says that a final name is taken and the plan is to refuse,
// or that what stands there can't be merged with.
type ExistsError struct {
	Name string // the final name
}

func (e *ExistsError) Error() string { return safetext.Line(e.Name, 120) + " exists already" }

// Unwrap makes errors.Is(err, fs.ErrExist) true.
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// A TwinsError says that two paths in the manifest, such as README and readme, are
// one to the receiver's file system, so that one would overwrite the other.
type TwinsError struct {
	A, B string
}

func (e *TwinsError) Error() string {
	return fmt.Sprintf("%s and %s are one name on this disk: receive into another directory", safetext.Line(e.A, 120), safetext.Line(e.B, 120))
}
