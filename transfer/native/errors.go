package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sesame/transfer"
	"sesame/transit/record"
	"sesame/tree"
	"sesame/tree/manifest"
)

// errHalted ends what takes long when the session is over.
var errHalted = errors.New("the session is over")

// blame adds what an error means for what was sent.
func blame(err error) error {
	if errors.Is(err, record.ErrDamaged) {
		return fmt.Errorf("%w: %w", transfer.ErrIntegrity, err)
	}
	return err
}

func broken(rule string) error { return &transfer.ProtocolError{Rule: rule} }

func brokenf(format string, args ...any) error {
	return &transfer.ProtocolError{Rule: fmt.Sprintf(format, args...)}
}

// reasonFor is what the peer is told about err: enough to act on, and nothing
// about this machine.
func reasonFor(err error) transfer.Reason {
	var protocol *transfer.ProtocolError
	var listing *manifest.Error
	var disk *tree.DiskError
	var path *fs.PathError
	var twins *tree.TwinsError
	switch {
	case errors.Is(err, context.Canceled):
		return transfer.Because(transfer.ReasonCancelled)
	case errors.As(err, &protocol):
		return transfer.Because(transfer.ReasonRule).Saying("protocol error: " + protocol.Rule)
	case errors.As(err, &listing):
		return transfer.Because(transfer.ReasonList)
	case errors.Is(err, transfer.ErrGrowth):
		return transfer.Because(transfer.ReasonGrowth)
	case errors.Is(err, tree.ErrRange):
		return transfer.Because(transfer.ReasonRule).Saying("protocol error: data outside of what was announced")
	case errors.Is(err, record.ErrDamaged):
		return transfer.Because(transfer.ReasonDamaged)
	case tree.NoSpace(err), tree.OverQuota(err):
		return transfer.Because(transfer.ReasonFull)
	case errors.As(err, &disk), errors.As(err, &path):
		return transfer.Because(transfer.ReasonDisk)
	case errors.As(err, &twins):
		return transfer.Because(transfer.ReasonTwins)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, transfer.ErrLost):
		return transfer.Because(transfer.ReasonLate)
	}
	return transfer.Because(transfer.ReasonStuck)
}
