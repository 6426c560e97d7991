package mailbox

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"sesame/internal/wire"
)

const (
	maxOrig = 1 << 10 // bytes of a command that an error repeats
	MaxPing = 4 << 10 // bytes of a ping's value
)

// A Request is a parsed frame: a command, or why it isn't one.
type Request struct {
	cmd     wire.Command
	orig    json.RawMessage // for errors: always an object
	noAck   bool            // it has no type, so there is nothing to acknowledge
	refused error
}

// ParseRequest reads a frame.
func ParseRequest(frame []byte) Request {
	r := Request{orig: json.RawMessage("{}")}
	if !utf8.Valid(frame) {
		r.noAck, r.refused = true, refusal("malformed message: not UTF-8")
		return r
	}
	cmd, err := wire.ParseCommand(frame)
	if err != nil {
		// Even then the client waits for the ack of what it sent.
		var c struct {
			Type string  `json:"type"`
			ID   *string `json:"id"`
		}
		json.Unmarshal(frame, &c)
		if len(c.Type) > wire.MaxID {
			c.Type = ""
		}
		if c.ID != nil && len(*c.ID) > wire.MaxID {
			c.ID = nil
		}
		r.cmd, r.refused, r.noAck = wire.Command{Type: c.Type, ID: c.ID}, refusal(err.Error()), c.Type == ""
	} else {
		r.cmd = cmd
		if cmd.Type == "" {
			r.noAck, r.refused = true, errNoType
		}
	}
	if err == nil && len(frame) <= maxOrig {
		r.orig = slices.Clone(frame)
	} else if r.cmd.Type != "" {
		r.orig = wire.Command{Type: r.cmd.Type, ID: r.cmd.ID}.Encode()
	}
	return r
}

// Type returns the type of the command, as far as it is one.
func (r *Request) Type() string { return r.cmd.Type }
