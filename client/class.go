package client

// A Class says what sort of thing a code is about: a program goes by it where the
// code itself doesn't matter.
type Class byte

// The classes of failures, then those of what else is told.
const (
	ClassOther       Class = iota // anything else
	ClassUsage                    // what was asked for can't be carried out
	ClassInsecure                 // a wrong code, or somebody tried to guess it or to disturb
	ClassRefused                  // one of the two people declined or stopped
	ClassIntegrity                // what arrived is not what was sent
	ClassFiles                    // reading or writing files failed, here or there
	ClassNetwork                  // the peer or a server can't be reached, or fell silent
	ClassServer                   // the server refused, or makes no sense
	ClassUnable                   // the other program can't do what was asked for
	ClassPartial                  // done in part
	ClassInterrupted              // by this program's user

	ClassNote     // a remark
	ClassWait     // for somebody
	ClassQuestion // that a person answers
	ClassWhy      // why one thing is left out, or isn't there
	ClassPart     // an argument of another code
)

// Class returns the class of a code, ClassOther if it isn't on the list.
func (c Code) Class() Class { return byCode()[c].Class }
