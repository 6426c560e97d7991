package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sesame/internal/safetext"
	"sesame/transit"
)

var (
	// ErrRejected means that the person at the other end said no.
	ErrRejected = errors.New("the other side rejected the transfer")

	// ErrIntegrity means that what arrived is not what was sent.
	ErrIntegrity = errors.New("what arrived is not what was sent")

	// ErrRatio means that an archive grows so much when it is unpacked that
	// somebody should agree to it; see Target.AnyRatio.
	ErrRatio = errors.New("the directory unpacks to more than 200 times what is sent")
)

// rejection is the text that says no; every client knows it.
const rejection = "transfer rejected"

// A PeerError is the reason the peer gave for ending the transfer.
type PeerError struct {
	Message string // as it arrived: not safe to print
}

func (e *PeerError) Error() string {
	return "the other side says: " + safetext.Line(e.Message, 200)
}

// Is reports a refusal as ErrRejected.
func (e *PeerError) Is(target error) bool {
	return target == ErrRejected && strings.HasPrefix(e.Message, rejection)
}

// A ChangedError says that a file was not the same from the first look at it
// until its last byte was read. The transfer has failed for both sides.
type ChangedError struct {
	Name   string // as the sender's file system has it, relative to what is sent
	Detail string // "it shrank", …
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s changed while it was being sent: %s", quoteName(e.Name), e.Detail)
}

// An ExistsError says that something has the name to be written already. It
// comes before anything is answered: choose another name and accept again.
type ExistsError struct {
	Name string
}

func (e *ExistsError) Error() string { return quoteName(e.Name) + " exists already" }

// Unwrap makes errors.Is(err, fs.ErrExist) true.
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// A DiskError is a failure of this side's file system: full, read-only, broken.
type DiskError struct {
	Op   string // what was tried: "write", "read", …
	Name string // the name it was tried on, may be empty
	Full bool   // no space was left, or wouldn't have been
	Need int64  // bytes to be written, if Full; 0 if unknown
	Free int64  // bytes of free space, if Full; -1 if unknown
	Err  error  // what the system said, may be nil
}

func (e *DiskError) Error() string {
	var b strings.Builder
	if e.Full {
		b.WriteString("disk full")
		if e.Name != "" {
			b.WriteString(": " + quoteName(e.Name))
		}
		if e.Need > 0 {
			fmt.Fprintf(&b, ": %d bytes to write", e.Need)
		}
		if e.Free >= 0 {
			fmt.Fprintf(&b, ", %d bytes of free space", e.Free)
		}
		return b.String()
	}
	b.WriteString("cannot " + e.Op)
	if e.Name != "" {
		b.WriteString(" " + quoteName(e.Name))
	}
	if e.Err != nil {
		b.WriteString(": " + reason(e.Err).Error())
	}
	return b.String()
}

func (e *DiskError) Unwrap() error { return e.Err }

// diskError wraps what the file system said about an operation. It passes on
// what is a DiskError already, and nil.
func diskError(op, name string, err error) error {
	var de *DiskError
	if err == nil || errors.As(err, &de) {
		return err
	}
	return &DiskError{Op: op, Name: name, Full: isFull(err), Free: -1, Err: err}
}

// reason strips the operation and path from a file system error: they are said
// better by what wraps it.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }

// publicReason is what the peer is told about err: enough to act on, nothing
// about this machine.
func publicReason(err error, us string) string {
	var changed *ChangedError
	var disk *DiskError
	var bad *archiveError
	var noPath *transit.NoPathError
	switch {
	case errors.As(err, &noPath): // first: what it wraps would tell how our dials ended
		return us + " " + noPath.Public()
	case errors.As(err, &changed):
		return changed.Error()
	case errors.As(err, &disk) && disk.Full:
		return us + "'s disk is full"
	case errors.As(err, &disk) && disk.Op == "read":
		return us + " could not read what it sends"
	case errors.As(err, &disk):
		return us + " could not write what it receives"
	case errors.As(err, &bad):
		return us + " refuses the archive: " + bad.reason
	case errors.Is(err, ErrIntegrity):
		return us + " finds that what arrived is not what was sent"
	case errors.Is(err, errOffer):
		return us + " refuses the offer: it makes no sense"
	case errors.Is(err, errTooMuch):
		return us + " got more bytes than were offered"
	case errors.Is(err, context.Canceled):
		return us + " cancelled the transfer"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return us + " waited too long"
	}
	return us + " could not go on"
}
