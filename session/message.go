package session

import (
	"fmt"
	"math"
	"unicode/utf8"

	"sesame/internal/varint"
)

// A Message is the type of a control message (doc/native.md §5.4).
//
// Types below 16 are of exchanges that their writer has opened, types from 16 to 31 of
// such as their reader has; both are of exchanges that carry content, and their body
// begins with the number of the exchange, which isn't a part of what a Handler gets.
// What they mean is for who handles the exchange, but for Reject and Done, which settle
// it. The rest are the session's.
type Message byte

// The types of a content exchange that this package knows.
const (
	Reject Message = 18 // the reader of an exchange wants nothing of it: it is settled
	Done   Message = 20 // the reader of an exchange has all of it: it is settled
)

const (
	firstOfReader Message = 16
	firstOfAll    Message = 32

	msgAbort   Message = 32 // reason: the session has failed
	msgDrop    Message = 33 // ref, reason: the exchange has ended
	msgText    Message = 34 // a text
	msgLeave   Message = 35 // this side begins nothing more
	msgOpen    Message = 37 // number, kind: an exchange begins that is none of content
	msgMessage Message = 38 // ref, bytes: something is said in such a one; nothing: this side has said all
)

func (m Message) String() string {
	switch m {
	case msgAbort:
		return "ABORT"
	case msgDrop:
		return "DROP"
	case msgText:
		return "TEXT"
	case msgLeave:
		return "LEAVE"
	case msgOpen:
		return "OPEN"
	case msgMessage:
		return "MESSAGE"
	case Reject:
		return "REJECT"
	case Done:
		return "DONE"
	}
	return fmt.Sprintf("message %d", byte(m))
}

// ofReader reports whether a content exchange's message is about one that its reader
// has opened.
func (m Message) ofReader() bool { return m >= firstOfReader }

// ofContent reports whether a message is one of a content exchange.
func (m Message) ofContent() bool { return m > 0 && m < firstOfAll }

// settles reports whether nothing follows in the exchange.
func (m Message) settles() bool { return m == Reject || m == Done }

const (
	// MaxText is the longest text in bytes.
	MaxText = 65000
	// maxKind is the longest name of a kind of exchange in bytes.
	maxKind = 64
)

// nonsense is the error about a body that can't be read.
func nonsense(m Message) error { return brokenf("%v makes no sense", m) }

// A ref says which exchange is meant, for who reads it: its number, and whether the
// reader has opened it.
type ref struct {
	number int64
	theirs bool // the reader's
}

func (r ref) append(b []byte) []byte {
	v := uint64(r.number) << 1
	if r.theirs {
		v |= 1
	}
	return varint.Append(b, v)
}

func readRef(r *varint.Reader) ref {
	v := r.Uint(math.MaxInt64)
	return ref{int64(v >> 1), v&1 != 0}
}

// parseOpen reads the body of OPEN: the number, and the name of the kind.
func parseOpen(body []byte) (number int64, kind string, err error) {
	r := varint.Reader{Rest: body}
	number = int64(r.Uint(math.MaxInt64 >> 1))
	kind = string(r.All())
	if r.Failed || !isKind(kind) {
		return 0, "", nonsense(msgOpen)
	}
	return number, kind, nil
}

// isKind reports whether a kind of exchange can have that name: visible ASCII.
func isKind(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxKind
}

// parseDrop reads the body of DROP.
func parseDrop(body []byte) (which ref, why Reason, err error) {
	r := varint.Reader{Rest: body}
	which = readRef(&r)
	if why = ReadReason(&r); r.Failed {
		return which, why, nonsense(msgDrop)
	}
	return which, why, nil
}

// parseAbort reads the body of ABORT.
func parseAbort(body []byte) (Reason, error) {
	r := varint.Reader{Rest: body}
	why := ReadReason(&r)
	if r.Failed {
		return why, nonsense(msgAbort)
	}
	return why, nil
}

// checkText returns why a text can't be one.
func checkText(text string) error {
	switch {
	case text == "", len(text) > MaxText:
		return fmt.Errorf("a text has 1 to %d bytes, not %d", MaxText, len(text))
	case !utf8.ValidString(text):
		return fmt.Errorf("a text is UTF-8")
	}
	return nil
}
