package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sesame/internal/safetext"
	"sesame/transit/record"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

var (
	// ErrRejected means that the person at the other end said no.
	ErrRejected = errors.New("the other side rejected the transfer")

	// ErrNoWay means that one side allows direct paths only, and the other only
	// relays. Nothing was offered.
	ErrNoWay = errors.New("one side takes only direct ways, and the other only relays")

	// ErrLost is the cause when no path to the peer could be had for so long
	// that waiting made no sense any more, or when it took nothing for too
	// long. What has arrived is kept, so the transfer can be repeated.
	ErrLost = errors.New("the other side can't be reached any more")
)

// errHalted ends what takes long when the session is over.
var errHalted = errors.New("the session is over")

// A Class says what sort of reason ended a transfer, for the peer's exit status.
type Class byte

const (
	Other     Class = iota // anything else
	Cancelled              // by the person there
	Disk                   // what is there can't be read or written
	Integrity              // what arrived makes no sense
)

// A PeerError is the reason the peer gave for ending the transfer.
type PeerError struct {
	Class   Class
	Message string // as it arrived: not safe to print
}

func (e *PeerError) Error() string {
	return "the other side says: " + safetext.Quote(e.Message, 200)
}

// A Rejection is ErrRejected with what the person said.
type Rejection struct {
	Reason string // as it arrived: not safe to print; "" if none was given
}

func (e *Rejection) Error() string {
	if e.Reason == "" {
		return ErrRejected.Error()
	}
	return ErrRejected.Error() + ": " + safetext.Quote(e.Reason, 200)
}

func (e *Rejection) Unwrap() error { return ErrRejected }

// A ProtocolError says which rule the peer broke. What it sent was sealed with
// the right keys, so this is no accident of the network.
type ProtocolError struct {
	Rule string // doesn't quote the peer
}

func (e *ProtocolError) Error() string {
	return "the other side breaks the protocol: " + e.Rule
}

func broken(rule string) error { return &ProtocolError{rule} }

func brokenf(format string, args ...any) error { return &ProtocolError{fmt.Sprintf(format, args...)} }

// reasonFor is what the peer is told about err: enough to act on, and nothing
// about this machine.
func reasonFor(err error) (Class, string) {
	var protocol *ProtocolError
	var listing *manifest.Error
	var disk *staging.DiskError
	var path *fs.PathError
	var twins *staging.TwinsError
	switch {
	case errors.Is(err, context.Canceled):
		return Cancelled, "cancelled"
	case errors.As(err, &protocol):
		return Integrity, "protocol error: " + protocol.Rule
	case errors.As(err, &listing):
		return Integrity, "the list of files breaks a rule"
	case errors.Is(err, ErrGrowth):
		return Integrity, ErrGrowth.Error() + "; --no-compress sends it as it is"
	case errors.Is(err, staging.ErrRange):
		return Integrity, "protocol error: data outside of what was announced"
	case errors.Is(err, record.ErrDamaged):
		return Integrity, "the data is damaged on its way"
	case isFull(err):
		return Disk, "the disk is full"
	case errors.As(err, &disk), errors.As(err, &path):
		return Disk, "the disk can't be read or written"
	case errors.As(err, &twins):
		return Disk, "two of the names are one on the disk there"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, ErrLost):
		return Other, "waited too long"
	}
	return Other, "could not go on"
}
