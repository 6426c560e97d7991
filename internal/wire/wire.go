// Package wire holds the JSON messages that clients and the mailbox server
// exchange over a WebSocket, one object per text frame.
//
//	client                                server
//	                                  <-  welcome
//	bind, allocate | claim            ->
//	                                  <-  ack, allocated | claimed
//	open, add "pake"                  ->
//	                                  <-  ack, message …
//	release, close                    ->
//	                                  <-  ack, released | closed
//
// It has the line, too, by which a relay joins two connections (pipe.go).
//
// The package knows what the messages look like and how large they may be. It
// knows nothing of the order in which they make sense: that belongs to the
// client's machine (package rendezvous) and to the server's (package relay).
//
// Source: doc/mailbox.md §2, doc/relay.md §4.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits on what either side reads. They are checked before anything is
// allocated for the decoded form.
const (
	// MaxFrame is the largest message in bytes that a bound client may send,
	// and the largest a client accepts.
	MaxFrame = 1 << 20
	// MaxFirstFrame is the largest message in bytes before bind.
	MaxFirstFrame = 64 << 10
	// MaxBody is the largest hexadecimal body of an add, in characters.
	MaxBody = 512 << 10
	// MaxDepth is how deep objects and arrays may nest.
	MaxDepth = 8

	MaxAppID     = 128 // bytes of an application id
	MaxSide      = 64  // bytes of a side
	MaxPhase     = 64  // bytes of a phase
	MaxID        = 64  // bytes of a message id
	MaxMailbox   = 128 // bytes of a mailbox id
	MaxNameplate = 40  // digits of a nameplate
)

// Types of the messages a client sends.
const (
	Bind              = "bind"
	List              = "list"
	Allocate          = "allocate"
	Claim             = "claim"
	Release           = "release"
	Open              = "open"
	Add               = "add"
	Close             = "close"
	Ping              = "ping"
	SubmitPermissions = "submit-permissions"
)

// Types of the messages a server sends.
const (
	WelcomeType = "welcome"
	Ack         = "ack"
	Nameplates  = "nameplates"
	Allocated   = "allocated"
	Claimed     = "claimed"
	Released    = "released"
	MessageType = "message"
	Closed      = "closed"
	Pong        = "pong"
	ErrorType   = "error"
	TicketType  = "ticket" // for the pipes of the server
	Moving      = "moving" // the server is about to be started again
)

// Errors that deployed clients and servers know to the letter.
const (
	Crowded   = "crowded"                    // two others have the nameplate
	Reclaimed = "reclaimed"                  // this side has released it already
	Used      = "nameplate was already used" // two have met there
)

// ErrMalformed is the cause of every parse error of this package.
var ErrMalformed = errors.New("malformed message")

// decode reads one JSON object into v after checking its nesting.
func decode(b []byte, v any) error {
	if !utf8.Valid(b) {
		return fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	if d := depth(b); d > MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrMalformed, MaxDepth)
	}
	if first := bytes.TrimLeft(b, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	if err := json.Unmarshal(b, v); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return fmt.Errorf("%w: %q has the wrong type", ErrMalformed, wrongType.Field)
		}
		return fmt.Errorf("%w: not valid JSON", ErrMalformed)
	}
	return nil
}

// depth returns how deep objects and arrays nest in b, ignoring strings. It
// needs no valid JSON, so it can run before a decoder recurses.
func depth(b []byte) int {
	deepest, level, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

// ValidNameplate reports whether s is a nameplate: 1 to 40 ASCII digits.
func ValidNameplate(s string) bool {
	if len(s) == 0 || len(s) > MaxNameplate {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
