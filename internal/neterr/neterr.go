// Package neterr says what an error of a socket means. The numbers are each system's
// own, and nobody else compares them: Go's names for them, syscall.ECONNREFUSED and
// the like, exist on Windows, too, but no socket there ever returns one.
package neterr

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"syscall"
)

// A Meaning is what an error says of the network or of this computer.
type Meaning byte

// The meanings.
const (
	Unknown     Meaning = iota
	Refused             // somebody said at once that nobody listens there
	Reset               // the other end cut a connection that it had taken
	Unreachable         // no way leads there from here
	TimedOut            // a wait ended, ours or the system's own
	InUse               // somebody has that port here
	NotHere             // this computer doesn't have that address
	NoFamily            // this computer doesn't have that kind of addresses
	Forbidden           // this process may not
)

// Of returns what err means, Unknown if that is nothing of the above. Deadlines of
// ours mean TimedOut, too.
func Of(err error) Meaning {
	var code syscall.Errno
	if errors.As(err, &code) {
		m := portable(code)
		if m == Unknown && runtime.GOOS == "windows" {
			m = winsock(code)
		}
		if m != Unknown {
			return m
		}
	}
	var wait net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &wait) && wait.Timeout() {
		return TimedOut
	}
	return Unknown
}

// Is reports whether err means one of some things.
func Is(err error, meanings ...Meaning) bool {
	got := Of(err)
	for _, m := range meanings {
		if got == m && m != Unknown {
			return true
		}
	}
	return false
}

// String returns a few words for a person, the same on every system and in every
// language that one speaks; "" for Unknown.
func (m Meaning) String() string {
	switch m {
	case Refused:
		return "connection refused"
	case Reset:
		return "connection reset"
	case Unreachable:
		return "no way leads there from here"
	case TimedOut:
		return "no answer"
	case InUse:
		return "something else listens there"
	case NotHere:
		return "this computer doesn't have that address"
	case NoFamily:
		return "this computer doesn't have that kind of address"
	case Forbidden:
		return "permission denied"
	}
	return ""
}
