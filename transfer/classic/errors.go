package classic

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/transit"
)

// rejection is the text that says no; every classic client knows it.
const rejection = "transfer rejected"

// peerError returns what an error message of a classic peer means.
func peerError(text string) error {
	if why, ok := strings.CutPrefix(text, rejection); ok {
		return &transfer.Rejection{Reason: strings.TrimLeft(why, ":;,. ")}
	}
	return &transfer.PeerError{Message: text}
}

// fromPeer reports whether err is what the peer said.
func fromPeer(err error) bool {
	var pe *transfer.PeerError
	return errors.As(err, &pe) || errors.Is(err, transfer.ErrRejected)
}

// readError wraps what the file system said about reading what is to be sent. It
// passes on what says more, and nil.
func readError(path string, err error) error {
	var changed *transfer.ChangedError
	var disk *transfer.DiskError
	switch {
	case err == nil, errors.As(err, &changed), errors.As(err, &disk):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &transfer.ChangedError{Path: path, How: "is gone"}
	}
	return &transfer.DiskError{Op: opReading, Path: path, Err: err}
}

const opReading = "reading"

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }

// publicReason is what a classic peer is told about err: enough to act on,
// nothing about this machine.
func publicReason(err error, us string) string {
	var changed *transfer.ChangedError
	var disk *transfer.DiskError
	var list *transfer.ListError
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
	case errors.Is(err, transfer.ErrIntegrity):
		return us + " finds that what arrived is not what was sent"
	case errors.Is(err, transfer.ErrClassicPeer):
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
