package session

import (
	"context"
	"errors"
	"fmt"

	"sesame/internal/safetext"
	"sesame/transit"
	"sesame/transit/record"
)

var (
	// ErrNoWay means that one side allows direct paths only, and the other only
	// relays. Nothing was said.
	ErrNoWay = errors.New("one side takes only direct ways, and the other only relays")

	// ErrDamaged means that records were changed on their way.
	ErrDamaged = record.ErrDamaged

	// ErrLeft means that a side that has said that it says nothing more is asked to.
	ErrLeft = errors.New("this side has left the session")
)

// A ProtocolError says which rule the peer broke. What it sent was sealed with the
// right keys, so this is no accident of the network.
type ProtocolError struct {
	Rule string // doesn't quote the peer
}

func (e *ProtocolError) Error() string { return "the other side breaks the protocol: " + e.Rule }

func broken(rule string) error { return &ProtocolError{Rule: rule} }

func brokenf(format string, args ...any) error {
	return &ProtocolError{Rule: fmt.Sprintf(format, args...)}
}

// A PeerError is the reason that the peer gave for ending the session.
type PeerError struct{ Reason }

func (e *PeerError) Error() string { return "the other side ends the session: " + e.Reason.String() }

// A DropError is the reason that a side gave for ending one exchange.
type DropError struct {
	Reason
	Ours bool // this side did
}

func (e *DropError) Error() string {
	who := "the other side"
	if e.Ours {
		who = "this side"
	}
	return who + " has dropped the exchange: " + e.Reason.String()
}

// A LostError means that there was no path to the peer for so long that waiting made
// no sense any more, or that the peer took nothing for too long.
type LostError struct {
	Tried *transit.NoPathError // what was tried; nil if there are paths
}

func (e *LostError) Error() string {
	if e.Tried == nil {
		return "the other side takes nothing any more"
	}
	return "the other side can't be reached any more: " + e.Tried.Error()
}

// Unwrap returns what was tried.
func (e *LostError) Unwrap() error {
	if e.Tried == nil {
		return nil
	}
	return e.Tried
}

// A Foreign is the error of a session whose peer's first message belongs to another
// protocol: it holds no addresses, and no reason to stop as this one has it. Nothing was
// sent but this side's own first message.
type Foreign struct {
	Message []byte // at most 64 KiB
}

func (e *Foreign) Error() string { return "the other side begins with a message of another protocol" }

// A Class says what sort of reason it is, for who doesn't know its code.
type Class byte

const (
	Other     Class = iota // anything else
	Cancelled              // by the person there
	Disk                   // what is there can't be read or written
	Integrity              // what arrived there makes no sense
)

// The codes of reasons that this package gives; the others on the list of doc/native.md
// §8.2 belong to what exchanges are used for.
const (
	CodeCancelled   uint16 = 1  // a person stopped it
	CodeRule        uint16 = 13 // the peer breaks the protocol
	CodeDamaged     uint16 = 16 // the data is damaged on its way
	CodeLate        uint16 = 17 // waited too long
	CodeStuck       uint16 = 18 // anything else that this side can't help
	CodeUnknownKind uint16 = 23 // nobody here knows exchanges of that kind
	CodeLeaving     uint16 = 24 // this side takes nothing more
)

// A Reason is why a side ends something, as it tells the other (doc/native.md §8.2).
// What a peer says in words decides nothing.
type Reason struct {
	Class   Class
	Code    uint16
	Numbers []uint64 // what belongs to the code; four at most
	Words   string   // what the code doesn't say. From a peer: not safe to print
}

// String describes r, safely.
func (r Reason) String() string {
	if r.Words == "" {
		return fmt.Sprintf("class %d, code %d", r.Class, r.Code)
	}
	return fmt.Sprintf("class %d, code %d, %s", r.Class, r.Code, safetext.Quote(r.Words, 200))
}

// ReasonFor is what the peer is told about err, of which the user of the session knows
// no more: enough to act on, and nothing about this machine.
func ReasonFor(err error) Reason {
	var protocol *ProtocolError
	var lost *LostError
	switch {
	case errors.Is(err, context.Canceled):
		return Reason{Class: Cancelled, Code: CodeCancelled}
	case errors.As(err, &protocol):
		return Reason{Class: Integrity, Code: CodeRule, Words: "protocol error: " + protocol.Rule}
	case errors.Is(err, record.ErrDamaged):
		return Reason{Class: Integrity, Code: CodeDamaged}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &lost):
		return Reason{Code: CodeLate}
	}
	return Reason{Code: CodeStuck}
}
