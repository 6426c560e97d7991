package transfer

import (
	"errors"
	"fmt"
	"os"
	"time"

	"sesame/internal/safetext"
	"sesame/tree"
	"sesame/tree/manifest"
)

var (
	// ErrRejected means that the person at the other end said no.
	ErrRejected = errors.New("the other side rejected the transfer")

	// ErrNoWay means that one side allows direct paths only, and the other only
	// relays. Nothing was offered.
	ErrNoWay = errors.New("one side takes only direct ways, and the other only relays")

	// ErrLost means that a native transfer had no path to the peer for so long
	// that waiting made no sense any more, or that the peer took nothing for too
	// long. What has arrived is kept, so the transfer can be repeated.
	ErrLost = errors.New("the other side can't be reached any more")

	// ErrGrowth means that a file of unknown size, from a native peer, takes more
	// than 64 MiB on the disk and more than 200 times what is sent. Nobody could
	// agree to that: it isn't known beforehand.
	ErrGrowth = errors.New("the stream unpacks to more than 200 times what is sent")

	// ErrIntegrity means that what arrived is not what was sent.
	ErrIntegrity = errors.New("what arrived is not what was sent")

	// ErrRatio means that an archive grows so much when it is unpacked that
	// somebody should agree to it; see Target.AnyRatio.
	ErrRatio = errors.New("the directory unpacks to more than 200 times what is sent")

	// ErrBothSend means that the other side offers something, as this one does.
	ErrBothSend = errors.New("the other side sends, too, and nobody receives")
	// ErrClassicPeer means that what is to be sent needs the native protocol,
	// which the peer doesn't speak.
	ErrClassicPeer = errors.New("the other program can't take a stream from this one: save it to a file and send that")
)

// A ProtocolError says which rule the peer broke. What it sent was sealed with
// the right keys, so this is no accident of the network.
type ProtocolError struct {
	Rule string // doesn't quote the peer
}

func (e *ProtocolError) Error() string {
	return "the other side breaks the protocol: " + e.Rule
}

// A Damage says what shows that something arrived in another form than it was sent.
type Damage byte

const (
	DamagedRecord  Damage = iota // what came can't be opened with the key
	DamagedReceipt               // the receiver's confirmation makes no sense
	NotConfirmed                 // it says something else
	OtherContent                 // it has something else
)

// An IntegrityError is an ErrIntegrity with what shows it.
type IntegrityError struct{ Damage Damage }

func (e *IntegrityError) Error() string {
	switch e.Damage {
	case DamagedReceipt:
		return ErrIntegrity.Error() + ": the receiver's confirmation is damaged"
	case NotConfirmed:
		return ErrIntegrity.Error() + ": the receiver does not confirm it"
	case OtherContent:
		return ErrIntegrity.Error() + ": the receiver has something else"
	}
	return ErrIntegrity.Error()
}

// Unwrap returns ErrIntegrity.
func (e *IntegrityError) Unwrap() error { return ErrIntegrity }

// A NonsenseError says that the other program sent what none sends that does its work.
// In the classic protocol that is no attack: programs differ.
type NonsenseError struct {
	Rule    string // what is wrong with it, safe to print
	Archive bool   // it is about an archive that came
}

func (e *NonsenseError) Error() string {
	if e.Archive {
		return "the archive is refused: " + e.Rule
	}
	return "what the other program sends makes no sense: " + e.Rule
}

// A GoneError says that the connection to the other computer broke while contents were
// crossing, or that nothing moves on it any more. The classic protocol can't go on
// then, and keeps nothing of them.
type GoneError struct {
	Receives bool          // this side does
	Sent     bool          // all of it, and what is missing is the receiver's confirmation
	After    time.Duration // how long nothing moved; 0 if the connection broke
	Err      error
}

func (e *GoneError) Error() string {
	doing := "sending"
	if e.Receives {
		doing = "receiving"
	}
	if e.After > 0 {
		return fmt.Sprintf("%s: nothing has moved for %v", doing, e.After)
	}
	return doing + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *GoneError) Unwrap() error { return e.Err }

// An UntoldError says that everything is in place, but that the sender could not be told.
type UntoldError struct{ Err error }

func (e *UntoldError) Error() string {
	return "everything is in place, but the sender could not be told: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UntoldError) Unwrap() error { return e.Err }

// A FailedError says that the one file that is passed on as a stream won't come, and
// why, as the sender has it.
type FailedError struct{ Why manifest.Reason }

func (e *FailedError) Error() string { return "the other side could not send it: " + e.Why.Error() }

// Unwrap returns the same as what the peer says.
func (e *FailedError) Unwrap() error { return &PeerError{ReasonOf(e.Why)} }

// An Awaited is what a side of the classic protocol waits for.
type Awaited byte

const (
	AwaitOffer   Awaited = iota + 1
	AwaitHints           // where the other side can be reached
	AwaitReceipt         // of a text
)

// A LateError says what the other side didn't send in time. It is an
// os.ErrDeadlineExceeded.
type LateError struct {
	What  Awaited
	After time.Duration
}

func (e *LateError) Error() string {
	what := map[Awaited]string{AwaitOffer: "an offer", AwaitHints: "the other side's transit message", AwaitReceipt: "the other side's confirmation"}[e.What]
	return fmt.Sprintf("%s did not come within %v", what, e.After)
}

// Unwrap returns os.ErrDeadlineExceeded.
func (e *LateError) Unwrap() error { return os.ErrDeadlineExceeded }

// A NameError says why what is named can't be sent under that name.
type NameError struct {
	Path string // as it was named
	Why  manifest.Reason
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%s can't be sent: it %v", quoteName(e.Path), e.Why)
}

// A ChangedError says that a file was no longer the one that was listed when it
// was sent. A classic transfer fails with it for both sides; a native one goes on
// without the file.
type ChangedError = manifest.ChangedError

// An ExistsError says that something has the name to be written already. If
// Accept returns it before anything was answered, the offer is open still.
type ExistsError = tree.ExistsError

// A DiskError is a failure of this side's file system: full, read-only, broken.
type DiskError = tree.DiskError

// OpInto is the Op of a DiskError that says that nothing can be made in a folder.
const OpInto = tree.OpInto

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }
