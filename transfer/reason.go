package transfer

import (
	"fmt"
	"math"

	"sesame/internal/safetext"
	"sesame/tree/manifest"
)

// A Class says what sort of reason ended a transfer, for the peer's exit status.
type Class byte

const (
	Other     Class = iota // anything else, and every reason of a classic peer
	Cancelled              // by the person there
	Disk                   // what is there can't be read or written
	Integrity              // what arrived there makes no sense
)

// A ReasonCode is a reason on the list of those that two sesames know. The numbers
// are those of doc/native.md §8.2.
type ReasonCode uint16

// The reasons.
const (
	ReasonUnsaid     ReasonCode = 0  // none on the list: words at most
	ReasonCancelled  ReasonCode = 1  // a person stopped it
	ReasonUnverified ReasonCode = 2  // people found the verifiers to differ
	ReasonNotQuantum ReasonCode = 3  // the key has to be post-quantum
	ReasonWantsOne   ReasonCode = 4  // the receiver asked for a single file
	ReasonNoHidden   ReasonCode = 5  // it takes no hidden names without being asked
	ReasonHasIt      ReasonCode = 6  // it has something of that name
	ReasonNoRoom     ReasonCode = 7  // its disk has not enough room for the offer
	ReasonNoDisk     ReasonCode = 8  // its files can't be written
	ReasonNotShown   ReasonCode = 9  // it could not show the text
	ReasonFull       ReasonCode = 10 // the disk is full
	ReasonDisk       ReasonCode = 11 // the disk can't be read or written
	ReasonTwins      ReasonCode = 12 // two names are one on the disk
	ReasonRule       ReasonCode = 13 // the peer breaks the protocol
	ReasonList       ReasonCode = 14 // the list of files breaks a rule
	ReasonGrowth     ReasonCode = 15 // the contents grow without measure
	ReasonDamaged    ReasonCode = 16 // the data is damaged on its way
	ReasonLate       ReasonCode = 17 // waited too long
	ReasonStuck      ReasonCode = 18 // anything else that this side can't help
	ReasonChanged    ReasonCode = 19 // a file changed while it was sent
	ReasonUnreadable ReasonCode = 20 // a file can't be read
	ReasonNoWay      ReasonCode = 21 // no way to the peer was found
	ReasonStream     ReasonCode = 22 // a stream needs the native protocol
	ReasonKind       ReasonCode = 23 // nobody there knows exchanges of that kind
	ReasonLeaving    ReasonCode = 24 // nothing more is received there

	// From here on they are about one thing, and those of manifest.Cause.
	reasonEntry ReasonCode = 63
)

// A Reason is why a side declines, gives up, or leaves something out, as it tells the
// other: to a native peer by class, code and numbers, to any other
// in words. What a peer says in words decides nothing.
type Reason struct {
	Class   Class
	Code    ReasonCode
	Numbers []uint64 // what belongs to the code; four at most
	Words   string   // from a peer as it came: not safe to print
}

// Because returns the reason of a code.
func Because(code ReasonCode) Reason {
	r := Reason{Code: code}
	switch code {
	case ReasonCancelled:
		r.Class = Cancelled
	case ReasonNoRoom, ReasonNoDisk, ReasonFull, ReasonDisk, ReasonTwins, ReasonUnreadable:
		r.Class = Disk
	case ReasonRule, ReasonList, ReasonGrowth, ReasonDamaged:
		r.Class = Integrity
	}
	if cause := manifest.Cause(code); cause >= manifest.CauseDiskName && cause <= manifest.CauseOthers {
		r.Class = Disk
	}
	return r
}

// ReasonOf is why one thing isn't sent, or isn't there, as the other side is told.
func ReasonOf(why manifest.Reason) Reason {
	r := Because(ReasonCode(why.Cause)).Saying(why.Says)
	if why.Numbers != [2]int64{} {
		r.Numbers = []uint64{uint64(why.Numbers[0]), uint64(why.Numbers[1])}
	}
	return r
}

// Entry is what r says of one thing that isn't sent, or isn't there.
func (r Reason) Entry() manifest.Reason {
	why := manifest.Because(manifest.Cause(r.Code))
	switch {
	case !why.Cause.Known():
		return manifest.Reason{Says: r.Text()}
	case why.Cause.Speaks():
		why.Says = r.Words
	}
	for i := range min(len(r.Numbers), len(why.Numbers)) {
		why.Numbers[i] = int64(min(r.Numbers[i], math.MaxInt64))
	}
	return why
}

// Saying returns r with words, which stand for those of its code.
func (r Reason) Saying(words string) Reason {
	r.Words = words
	return r
}

// Text is what a peer is told that knows words only: r's own, or those of its code.
// From a peer it is not safe to print.
func (r Reason) Text() string {
	if r.Words != "" {
		return r.Words
	}
	switch r.Code {
	case ReasonUnsaid:
		return ""
	case ReasonCancelled:
		return "cancelled"
	case ReasonUnverified:
		return "the verifier was rejected, nothing was transferred"
	case ReasonNotQuantum:
		return "the other side insists on a post-quantum key, which this program can't agree on"
	case ReasonWantsOne:
		return "the receiver asked for a single file"
	case ReasonNoHidden:
		return "the receiver takes no hidden names without being asked"
	case ReasonHasIt:
		return "the receiver has something of that name already"
	case ReasonNoRoom:
		return "the receiver's disk has not enough room"
	case ReasonNoDisk:
		return "the receiver can't write its files"
	case ReasonNotShown:
		return "the receiver could not show the text"
	case ReasonFull:
		return "the disk is full"
	case ReasonDisk:
		return "the disk can't be read or written"
	case ReasonTwins:
		return "two of the names are one on the disk there"
	case ReasonRule:
		return "protocol error"
	case ReasonList:
		return "the list of files breaks a rule"
	case ReasonGrowth:
		return ErrGrowth.Error() + "; --no-compress sends it as it is"
	case ReasonDamaged:
		return "the data is damaged on its way"
	case ReasonLate:
		return "waited too long"
	case ReasonChanged:
		return "changed while sending"
	case ReasonUnreadable:
		return "can't be read at the sender"
	case ReasonNoWay:
		return "found no way to the other computer"
	case ReasonStream:
		return "a stream can't be sent to this program"
	case ReasonKind:
		return "the other program doesn't know that kind of exchange"
	case ReasonLeaving:
		return "nothing more is received there"
	}
	if r.Code >= reasonEntry {
		return r.Entry().Words()
	}
	return "could not go on"
}

// A PeerError is the reason the peer gave for ending the transfer. If a person there
// said no, the error is ErrRejected instead.
type PeerError struct{ Reason }

func (e *PeerError) Error() string {
	return "the other side says: " + safetext.Quote(e.Text(), 200)
}

// A Rejection is ErrRejected with what the other side said about it.
type Rejection struct{ Reason }

func (e *Rejection) Error() string {
	if e.Text() == "" {
		return ErrRejected.Error()
	}
	return fmt.Sprintf("%v: %s", ErrRejected, safetext.Quote(e.Text(), 200))
}

// Unwrap returns ErrRejected.
func (e *Rejection) Unwrap() error { return ErrRejected }
