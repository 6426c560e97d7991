package classic

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

// rejection is the text that says no; every classic client knows it.
const rejection = "transfer rejected"

// peerError returns what an error message of a classic peer means.
func peerError(text string, why transfer.Reason) error {
	if words, ok := strings.CutPrefix(text, rejection); ok {
		return &transfer.Rejection{Reason: why.Saying(strings.TrimLeft(words, ":;,. "))}
	}
	return &transfer.PeerError{Reason: why.Saying(text)}
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
		return &transfer.ChangedError{Path: path, How: manifest.Because(manifest.CauseGone)}
	}
	return &transfer.DiskError{Op: tree.OpReading, Path: path, Err: err}
}

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }

// publicReason is what a classic peer is told about err: enough to act on,
// nothing about this machine.
func publicReason(err error, us string) transfer.Reason {
	var noPath *transit.NoPathError
	var changed *transfer.ChangedError
	if errors.As(err, &changed) && !errors.As(err, &noPath) {
		return transfer.Because(transfer.ReasonChanged).Saying(changed.Error())
	}
	code, words := publicWords(err)
	return transfer.Because(code).Saying(us + words)
}

func publicWords(err error) (code transfer.ReasonCode, words string) {
	var disk *transfer.DiskError
	var list *transfer.ListError
	var bad *transfer.NonsenseError
	var noPath *transit.NoPathError
	switch {
	case errors.As(err, &noPath): // first: what it wraps would tell how our dials ended
		return transfer.ReasonNoWay, " " + noPath.Public()
	case errors.As(err, &disk) && disk.Full():
		return transfer.ReasonFull, "'s disk is full"
	case errors.As(err, &list), errors.As(err, &disk) && disk.Op == tree.OpReading:
		return transfer.ReasonUnreadable, " could not read what it sends"
	case errors.As(err, &disk):
		return transfer.ReasonDisk, " could not write what it receives"
	case errors.As(err, &bad) && bad.Archive:
		return transfer.ReasonRule, " refuses the archive: " + bad.Rule
	case errors.Is(err, transfer.ErrIntegrity):
		return transfer.ReasonDamaged, " finds that what arrived is not what was sent"
	case errors.Is(err, transfer.ErrClassicPeer):
		return transfer.ReasonStream, " has a stream, which only a sesame of the same protocol can take"
	case errors.Is(err, transfer.ErrBothSend):
		return transfer.ReasonRule, " sends, too: one of the two has to receive"
	case errors.Is(err, errOffer):
		return transfer.ReasonRule, " refuses the offer: it makes no sense"
	case errors.Is(err, errTooMuch):
		return transfer.ReasonRule, " got more bytes than were offered"
	case errors.Is(err, context.Canceled):
		return transfer.ReasonCancelled, " cancelled the transfer"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return transfer.ReasonLate, " waited too long"
	}
	return transfer.ReasonStuck, " could not go on"
}

// nonsense says what is wrong with what the peer sends.
func nonsense(format string, args ...any) error {
	return &transfer.NonsenseError{Rule: fmt.Sprintf(format, args...)}
}
