package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// ours is a reason of the peer's in the words of this room, and theirs one of ours as it
// crosses.
func ours(r session.Reason) transfer.Reason {
	return transfer.Reason{Class: transfer.Class(r.Class), Code: transfer.ReasonCode(r.Code), Numbers: r.Numbers, Words: r.Words}
}

func theirs(r transfer.Reason) session.Reason {
	return session.Reason{Class: session.Class(r.Class), Code: uint16(r.Code), Numbers: r.Numbers, Words: r.Words}
}

// appendReason writes a reason at the end of a body (doc/native.md §8.2).
func appendReason(b []byte, r transfer.Reason) []byte { return session.AppendReason(b, theirs(r)) }

// fromSession makes an error of a session one that callers of this room know.
func fromSession(err error) error {
	var failed *transfer.FailedError
	var rule *session.ProtocolError
	var peer *session.PeerError
	var dropped *session.DropError
	var lost *session.LostError
	switch {
	case errors.As(err, &failed):
		return failed
	case errors.As(err, &rule):
		return &transfer.ProtocolError{Rule: rule.Rule}
	case errors.As(err, &peer):
		return &transfer.PeerError{Reason: ours(peer.Reason)}
	case errors.As(err, &dropped) && !dropped.Ours:
		return &transfer.PeerError{Reason: ours(dropped.Reason)}
	case errors.Is(err, session.ErrNoWay):
		return transfer.ErrNoWay
	case errors.As(err, &lost) && lost.Tried != nil:
		return fmt.Errorf("%w: %w", transfer.ErrLost, lost.Tried)
	case errors.As(err, &lost):
		return transfer.ErrLost
	}
	return err
}

// reasonFor is what the peer is told about err: enough to act on, and nothing about
// this machine.
func reasonFor(err error) session.Reason { return theirs(reasonOf(err)) }

func reasonOf(err error) transfer.Reason {
	var protocol *transfer.ProtocolError
	var listing *manifest.Error
	var disk *tree.DiskError
	var path *fs.PathError
	var twins *tree.TwinsError
	var declined *transfer.Rejection
	switch {
	case errors.Is(err, context.Canceled):
		return transfer.Because(transfer.ReasonCancelled)
	case errors.As(err, &declined):
		return declined.Reason
	case errors.As(err, &protocol):
		return transfer.Because(transfer.ReasonRule).Saying("protocol error: " + protocol.Rule)
	case errors.As(err, &listing):
		return transfer.Because(transfer.ReasonList)
	case errors.Is(err, transfer.ErrGrowth):
		return transfer.Because(transfer.ReasonGrowth)
	case errors.Is(err, tree.ErrRange):
		return transfer.Because(transfer.ReasonRule).Saying("protocol error: data outside of what was announced")
	case tree.NoSpace(err), tree.OverQuota(err):
		return transfer.Because(transfer.ReasonFull)
	case errors.As(err, &disk), errors.As(err, &path):
		return transfer.Because(transfer.ReasonDisk)
	case errors.As(err, &twins):
		return transfer.Because(transfer.ReasonTwins)
	case errors.Is(err, transfer.ErrLost):
		return transfer.Because(transfer.ReasonLate)
	}
	return ours(session.ReasonFor(err))
}
