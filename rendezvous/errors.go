package rendezvous

import (
	"errors"
	"fmt"
	"time"

	"sesame/internal/reason"
	"sesame/internal/safetext"
)

var (
	// ErrWrongCode says that the peer doesn't have our code, or that somebody
	// between tried to pass for the peer. The code must not be used again.
	ErrWrongCode = errors.New("wrong code, or an attack that failed: use a new code")
	// ErrTampered says that the other side has our code, but that it, or somebody
	// in between who knows the code too, sent what no native program sends.
	// errors.Is(err, ErrWrongCode) is true as well.
	ErrTampered error = tampered{}
	// ErrCodeUsed says that a code was used before.
	ErrCodeUsed = errors.New("this code was already used: use a new one")
	// ErrCrowded says that two others share the nameplate already.
	ErrCrowded = errors.New("two others are using this code already: use a new one")
	// ErrDisturbed says that somebody who can write to the mailbox, or the
	// server, fills it with messages that aren't the peer's.
	ErrDisturbed = errors.New("the mailbox is being disturbed")
	// ErrNoMailbox says that what answers is no mailbox server: a web page, another
	// service, or a redirect elsewhere, as from a network that wants a log-in first.
	ErrNoMailbox = errors.New("this is not a mailbox server")
	// ErrMalformed says that the server, or the peer, sent what no such program
	// sends.
	ErrMalformed = errors.New("malformed message from the server")
)

type tampered struct{}

func (tampered) Error() string {
	return "somebody who knows the code tampered with the session: use a new code"
}

func (tampered) Is(target error) bool { return target == ErrWrongCode }

// maxServerText bounds how much of a server's text an error shows.
const maxServerText = 200

// A ServerError is the server's refusal of something the client asked for.
type ServerError struct {
	Message string // what the server said, as it came
}

func (e *ServerError) Error() string {
	return "the mailbox server refused: " + safetext.Line(e.Message, maxServerText)
}

// A WelcomeError says that the server doesn't serve this client at all.
type WelcomeError struct {
	Message string // why, as it came from the server
	// WantsToken says that it would serve a client that has a token (Config.Token).
	WantsToken bool
}

func (e *WelcomeError) Error() string {
	return "the mailbox server turns clients away: " + safetext.Line(e.Message, maxServerText)
}

// A WorkError says that the server asks newcomers for more work than this computer can do in
// a time: many attack it. Later it may ask for none.
type WorkError struct {
	Within time.Duration
}

func (e *WorkError) Error() string {
	return fmt.Sprintf("the mailbox server asks for more work than this computer can do in %v", e.Within)
}

// A ConnectError says that the mailbox server can't be reached.
type ConnectError struct {
	Host string // host and port that were tried
	Err  error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("can't reach the mailbox server %s: %s", e.Host, reason.Of(e.Err))
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// A NoMailbox says what answers in a mailbox server's stead.
type NoMailbox byte

// What answers.
const (
	WebPage         NoMailbox = iota + 1
	OtherAnswer               // with an HTTP status
	WantsTLS                  // likewise, and TLS may be expected
	RedirectsAway             // to another host
	RedirectsToPage           // to something else on the same host
	RedirectsOn               // and on
)

// A NoMailboxError is an ErrNoMailbox with the particulars.
type NoMailboxError struct {
	Kind   NoMailbox
	Status int    // of OtherAnswer and WantsTLS
	Host   string // of RedirectsAway, as it came
}

func (e *NoMailboxError) Error() string {
	switch e.Kind {
	case WebPage:
		return "this is a web page, not a mailbox server"
	case RedirectsAway:
		return "the server redirects to another one, " + e.Host
	case RedirectsToPage:
		return "the server redirects to another page, not to a mailbox server"
	case RedirectsOn:
		return "the server redirects without end"
	}
	text := fmt.Sprintf("this is not a mailbox server: HTTP status %d", e.Status)
	if e.Kind == WantsTLS {
		text += "; its URL may have to begin with wss://"
	}
	return text
}

// Is makes it an ErrNoMailbox to errors.Is.
func (e *NoMailboxError) Is(target error) bool { return target == ErrNoMailbox }

// An Awaited is what a client waits for.
type Awaited byte

// What is waited for: of the server, unless the other side is named.
const (
	AwaitGreeting   Awaited = iota + 1
	AwaitNameplates         // the list of them
	AwaitNameplate          // of our own
	AwaitClaim              // the answer to ours
	AwaitStored             // the end of the messages that were stored
	AwaitReceipt            // for our message
	AwaitConnection         // a new one
	AwaitVersion            // the other side's version message
	AwaitOvertaken          // a message of the other side that later ones have overtaken
)

func (a Awaited) String() string {
	switch a {
	case AwaitGreeting:
		return "the mailbox server's greeting"
	case AwaitNameplates:
		return "the mailbox server's list of nameplates"
	case AwaitNameplate:
		return "a nameplate from the mailbox server"
	case AwaitClaim:
		return "the mailbox server's answer to our claim"
	case AwaitStored:
		return "the end of the mailbox server's stored messages"
	case AwaitReceipt:
		return "the mailbox server's receipt for our message"
	case AwaitConnection:
		return "a new connection to the mailbox server"
	case AwaitVersion:
		return "the other side's version message"
	case AwaitOvertaken:
		return "a message of the other side that later ones have overtaken"
	}
	return "something"
}

// A TimeoutError says what didn't come in time.
type TimeoutError struct {
	What  Awaited
	After time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s didn't come within %v", e.What, e.After)
}

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }
