package native

import (
	"errors"
	"fmt"

	"sesame/session"
	"sesame/transfer"
)

// errHalted ends what takes long when the session is over.
var errHalted = errors.New("the session is over")

// blame is err as callers know it, with what it means for what was sent.
func blame(err error) error {
	err = fromSession(err)
	if errors.Is(err, session.ErrDamaged) {
		return fmt.Errorf("%w: %w", transfer.ErrIntegrity, err)
	}
	return err
}

func broken(rule string) error { return &transfer.ProtocolError{Rule: rule} }

func brokenf(format string, args ...any) error {
	return &transfer.ProtocolError{Rule: fmt.Sprintf(format, args...)}
}
