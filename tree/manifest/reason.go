package manifest

import (
	"fmt"

	"sesame/internal/safetext"
)

// A Cause is why one thing isn't sent, or isn't there at the receiver's. The list only
// grows; its numbers are those of doc/native.md §8.3, and go to the peer.
type Cause uint16

// What the other side says in words, if it says anything, and what is the same for both.
const (
	CauseUnsaid     Cause = 0
	CauseChanged    Cause = 19 // it changed while it was sent
	CauseUnreadable Cause = 20 // it can't be read
	CauseDropped    Cause = 63 // the peer gave one reason more than are kept
)

// Why a sender leaves something out.
const (
	CauseMore     Cause = iota + 64 // stands for Numbers[0] more
	CauseDenied                     // nobody may read it
	CauseRemoved                    // while it was listed
	CauseReplaced                   // while it was listed
	CauseNoSize                     // holds more than its size says
	CausePipe
	CauseSocket
	CauseDevice
	CauseNowhere // a link to what isn't there
	CauseOdd     // no regular file
	CauseDeep
	CausePartial // what an interrupted transfer left
)

// What is wrong with a name.
const (
	CauseEmptyName Cause = iota + 80
	CauseDots
	CauseLongName
	CauseBackslash
	CauseControl
	CauseNotUTF8
	CauseReversed   // a character that reverses text
	CauseSign       // one of < > : " | ? *
	CauseEnd        // a dot or a space at its end
	CauseDeviceName // Windows has a device of that name
	CauseMark       // a character that can't be seen
)

// What is wrong with where a link leads.
const (
	CauseLinkEmpty Cause = iota + 96
	CauseLinkLong
	CauseLinkAbsolute
	CauseLinkCharacters
	CauseLinkTop // it is at the top level
	CauseLinkUpAgain
	CauseLinkOutside
	CauseLinkItself
)

// What another program can't take.
const (
	CauseClassicLink Cause = iota + 112
	CauseClassicName       // Says what is wrong with it
)

// What the receiver's disk can't have.
const (
	CauseDiskName Cause = iota + 128
	CauseDiskTwin       // its name is another one's, too
	CauseDiskLarge
	CauseDiskLinks
	CauseDiskMounted // something is mounted under its name
	CauseStoodHere   // it was there already, and has changed since
	CauseDiskLeads   // the link could lead out of its directory
	CauseOthers      // stands for itself and for Numbers[0] more
)

// How a file has changed.
const (
	CauseSize      Cause = iota + 160 // it is Numbers[0] bytes now, and was Numbers[1]
	CauseWritten                      // its time is another one
	CauseSwapped                      // it is another file
	CauseShort                        // it ends before its size
	CauseGone                         // it isn't there
	CauseIrregular                    // it is no regular file
	CauseHoldsMore                    // than its size says
	CauseMoved                        // its directory is another one
)

// A Reason is a Cause with what belongs to it. It can be compared.
type Reason struct {
	Cause   Cause
	Numbers [2]int64
	// Says is what the system says, or where there is no cause the peer, who knows
	// words only. In a Skipped it is in the form that safetext.Line makes; elsewhere
	// it is not safe to print.
	Says string
}

// Because returns the reason that is a cause and numbers.
func Because(c Cause, numbers ...int64) Reason {
	r := Reason{Cause: c}
	copy(r.Numbers[:], numbers)
	return r
}

// Saying returns r with words.
func (r Reason) Saying(words string) Reason {
	r.Says = words
	return r
}

// Changed reports whether a file is another one than was listed.
func (r Reason) Changed() bool {
	return r.Cause == CauseChanged || r.Cause >= CauseSize && r.Cause <= CauseMoved
}

// Known reports whether c is on the list: a newer peer may have more.
func (c Cause) Known() bool {
	switch c {
	case CauseUnsaid, CauseMore, CauseOthers, CauseSize:
		return true
	}
	return c.words() != ""
}

// Speaks reports whether a reason of that cause may have Says.
func (c Cause) Speaks() bool {
	return c == CauseUnsaid || c == CauseUnreadable || c == CauseClassicName
}

// Words is what a peer is told that knows words only, to follow a path in a sentence.
// It may have Says in it.
func (r Reason) Words() string {
	switch r.Cause {
	case CauseMore:
		return fmt.Sprintf("%d more were left out", r.Numbers[0])
	case CauseOthers:
		return fmt.Sprintf("this and %d more can't be written", r.Numbers[0])
	case CauseSize:
		return fmt.Sprintf("is now %d bytes, was %d", r.Numbers[0], r.Numbers[1])
	}
	words := r.Cause.words()
	switch {
	case words == "":
		return r.Says
	case r.Cause.Speaks() && r.Says != "":
		return words + ": " + r.Says
	}
	return words
}

// Error is Words, safe to print.
func (r Reason) Error() string { return safetext.Again(r.Words()) }

// causeWords is what stands in Words for a cause without arguments, by its number.
var causeWords = [...]string{
	CauseChanged:        "changed while sending",
	CauseUnreadable:     "can't be read",
	CauseDropped:        "one reason more than are kept",
	CauseDenied:         "can't be read: permission denied",
	CauseRemoved:        "was removed while it was listed",
	CauseReplaced:       "was replaced while it was listed",
	CauseNoSize:         "holds more than its size says",
	CausePipe:           "is a named pipe",
	CauseSocket:         "is a socket",
	CauseDevice:         "is a device",
	CauseNowhere:        "is a link to nowhere",
	CauseOdd:            "is no regular file",
	CauseDeep:           "is too deep",
	CausePartial:        "has the name of something that is being received",
	CauseEmptyName:      "has an empty name in its path",
	CauseDots:           "has . or .. in its path",
	CauseLongName:       "has too long a name",
	CauseBackslash:      "has a backslash in its name",
	CauseControl:        "has a control character in its name",
	CauseNotUTF8:        "has a name that is not UTF-8",
	CauseReversed:       "has a character that reverses text in its name",
	CauseSign:           "has one of < > : \" | ? * in its name",
	CauseEnd:            "has a name that ends in a dot or a space",
	CauseDeviceName:     "has the name of a device on Windows",
	CauseMark:           "has a character in its name that can't be seen",
	CauseLinkEmpty:      "is a link to nothing",
	CauseLinkLong:       "is a link with too long a target",
	CauseLinkAbsolute:   "is a link to an absolute path",
	CauseLinkCharacters: "is a link with characters in its target that are not allowed",
	CauseLinkTop:        "is a link at the top level",
	CauseLinkUpAgain:    "is a link that goes up again after going down",
	CauseLinkOutside:    "is a link that leads outside",
	CauseLinkItself:     "is a link to itself",
	CauseClassicLink:    "is a link, which the other program can't take",
	CauseClassicName:    "has a name that the other program can't take",
	CauseDiskName:       "this disk can't have such a name",
	CauseDiskTwin:       "to this disk its name is another one's, too",
	CauseDiskLarge:      "this disk can't have so large a file",
	CauseDiskLinks:      "this disk can't have links",
	CauseDiskMounted:    "something is mounted under its name, which can't be replaced",
	CauseStoodHere:      "was there, and has been changed since",
	CauseWritten:        "was written to",
	CauseSwapped:        "was replaced",
	CauseShort:          "is shorter than it was",
	CauseGone:           "is gone",
	CauseIrregular:      "is no regular file any more",
	CauseHoldsMore:      "holds more than its size says",
	CauseDiskLeads:      "the link leads out of its directory",
	CauseMoved:          "is in a directory that was replaced",
}

// words returns what stands in Words for c, "" for none.
func (c Cause) words() string {
	if int(c) >= len(causeWords) {
		return ""
	}
	return causeWords[c]
}
