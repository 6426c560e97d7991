package wire

import (
	"encoding/json"
	"fmt"
)

// A Command is a message from a client to the server. Which fields matter
// depends on Type. A nil pointer is an absent key: the server answers an absent
// key differently from an empty one.
type Command struct {
	Type string `json:"type"`
	// ID is an optional label that the server's ack repeats.
	ID *string `json:"id,omitempty"`

	AppID         *string  `json:"appid,omitempty"`          // bind
	Side          *string  `json:"side,omitempty"`           // bind
	ClientVersion []string `json:"client_version,omitempty"` // bind: implementation, version
	// Retry says, in a bind, that the client understands errors with a "retry". Only
	// programs of this project say so.
	Retry bool `json:"retry,omitempty"`

	Nameplate *string `json:"nameplate,omitempty"` // claim, release
	// Once says, in a claim, that the side is for one meeting: a number at which
	// two have met is of no use to it. Only programs of this project say so.
	Once    bool    `json:"once,omitempty"`
	Mailbox *string `json:"mailbox,omitempty"` // open, close
	Phase   *string `json:"phase,omitempty"`   // add
	Body    *string `json:"body,omitempty"`    // add: hexadecimal
	Mood    *string `json:"mood,omitempty"`    // close

	Ping json.RawMessage `json:"ping,omitempty"` // ping: anything

	Method *string `json:"method,omitempty"` // submit-permissions
	Stamp  *string `json:"stamp,omitempty"`  // submit-permissions: a hashcash stamp
	Token  *string `json:"token,omitempty"`  // submit-permissions: what an operator gave out
}

// Own is the name by which programs of this project call themselves in a bind.
const Own = "sesame"

// ParseCommand reads what a client sent. Every string is within the package's
// limits afterwards; a missing "type" leaves Type empty.
func ParseCommand(b []byte) (Command, error) {
	var c Command
	if err := decode(b, &c); err != nil {
		return Command{}, err
	}
	for _, f := range []struct {
		name  string
		value *string
		max   int
	}{
		{"type", &c.Type, MaxID},
		{"id", c.ID, MaxID},
		{"appid", c.AppID, MaxAppID},
		{"side", c.Side, MaxSide},
		{"nameplate", c.Nameplate, MaxNameplate},
		{"mailbox", c.Mailbox, MaxMailbox},
		{"phase", c.Phase, MaxPhase},
		{"body", c.Body, MaxBody},
		{"mood", c.Mood, MaxID},
		{"method", c.Method, MaxID},
		{"stamp", c.Stamp, 1024},
		{"token", c.Token, MaxToken},
	} {
		if f.value != nil && len(*f.value) > f.max {
			return Command{}, fmt.Errorf("%w: %q is longer than %d bytes", ErrMalformed, f.name, f.max)
		}
	}
	return c, nil
}

// Encode returns the command as the JSON of one frame.
func (c Command) Encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("wire: internal error: a command that can't be encoded: " + err.Error())
	}
	return b
}
