package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sesame/internal/safetext"
	"sesame/transfer/native"
	"sesame/transit"
	"sesame/transit/record"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

var (
	// ErrRejected means that the person at the other end said no.
	ErrRejected = native.ErrRejected

	// ErrNoWay means that one side allows direct paths only, and the other only
	// relays.
	ErrNoWay = native.ErrNoWay

	// ErrLost means that a native transfer had no path to the peer for so long
	// that waiting made no sense any more, or that the peer took nothing for too
	// long. What has arrived is kept, so the transfer can be repeated.
	ErrLost = native.ErrLost
	// ErrGrowth means that a file of unknown size, from a native peer, takes more
	// than 64 MiB on the disk and more than 200 times what is sent.
	ErrGrowth = native.ErrGrowth

	// ErrIntegrity means that what arrived is not what was sent.
	ErrIntegrity = errors.New("what arrived is not what was sent")

	// ErrRatio means that an archive grows so much when it is unpacked that
	// somebody should agree to it; see Target.AnyRatio.
	ErrRatio = errors.New("the directory unpacks to more than 200 times what is sent")

	// ErrClassicPeer means that what is to be sent needs the native protocol,
	// which the peer doesn't speak.
	ErrClassicPeer = errors.New("the other program can't take a stream: save it to a file and send that")
)

// A PeerError is the reason the peer gave for ending the transfer. Class is
// known of native peers only. If a person there said no, the error is ErrRejected
// instead.
type PeerError = native.PeerError

// Class is what sort of reason a PeerError has.
type Class = native.Class

// The classes.
const (
	Other     = native.Other     // anything else, and every reason of a classic peer
	Cancelled = native.Cancelled // by the person there
	Disk      = native.Disk      // what is there can't be read or written
	Integrity = native.Integrity // what arrived there makes no sense
)

// A ProtocolError says which rule the peer broke.
type ProtocolError = native.ProtocolError

// A ChangedError says that a file was no longer the one that was listed when it
// was sent. A classic transfer fails with it for both sides; a native one goes on
// without the file.
type ChangedError = manifest.ChangedError

// An ExistsError says that something has the name to be written already. If
// Accept returns it before anything was answered, the offer is open still.
type ExistsError = staging.ExistsError

// A DiskError is a failure of this side's file system: full, read-only, broken.
type DiskError = staging.DiskError

// rejection is the text that says no; every classic client knows it.
const rejection = "transfer rejected"

// A Rejection is ErrRejected with what the other side said about it.
type Rejection = native.Rejection

// peerError returns what an error message of a classic peer means.
func peerError(text string) error {
	if why, ok := strings.CutPrefix(text, rejection); ok {
		return &Rejection{Reason: strings.TrimLeft(why, ":;,. ")}
	}
	return &PeerError{Message: text}
}

// fromPeer reports whether err is what the peer said.
func fromPeer(err error) bool {
	var pe *PeerError
	return errors.As(err, &pe) || errors.Is(err, ErrRejected)
}

// fromNative makes an error of package native one of this package.
func fromNative(err error) error {
	if errors.Is(err, record.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrIntegrity, err)
	}
	return err
}

// readError wraps what the file system said about reading what is to be sent. It
// passes on what says more, and nil.
func readError(path string, err error) error {
	var changed *ChangedError
	var disk *DiskError
	switch {
	case err == nil, errors.As(err, &changed), errors.As(err, &disk):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &ChangedError{Path: path, How: "is gone"}
	}
	return &DiskError{Op: opReading, Path: path, Err: err}
}

const opReading = "reading"

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }

// publicReason is what a classic peer is told about err: enough to act on,
// nothing about this machine.
func publicReason(err error, us string) string {
	var changed *ChangedError
	var disk *DiskError
	var list *ListError
	var bad *archiveError
	var noPath *transit.NoPathError
	switch {
	case errors.As(err, &noPath): // first: what it wraps would tell how our dials ended
		return us + " " + noPath.Public()
	case errors.As(err, &changed):
		return changed.Error()
	case errors.As(err, &disk) && disk.Full():
		return us + "'s disk is full"
	case errors.As(err, &list), errors.As(err, &disk) && disk.Op == opReading:
		return us + " could not read what it sends"
	case errors.As(err, &disk):
		return us + " could not write what it receives"
	case errors.As(err, &bad):
		return us + " refuses the archive: " + bad.reason
	case errors.Is(err, ErrIntegrity):
		return us + " finds that what arrived is not what was sent"
	case errors.Is(err, ErrClassicPeer):
		return us + " has a stream, which only sesame can take"
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
