package relay

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"sesame/internal/wire"
)

// A Token is what is kept of one that the operator gave out: its SHA-256.
type Token [sha256.Size]byte

// MaxToken is how long a token may be, in bytes.
const MaxToken = wire.MaxToken

// TokenOf returns the Token of a text.
func TokenOf(text string) Token { return sha256.Sum256([]byte(text)) }

// Permits say who may be a mailbox client. They don't change.
type permits struct {
	tokens  map[Token]bool // nil: nobody needs one
	contact string
}

func permitsOf(cfg *Config) permits {
	p := permits{contact: cfg.Contact}
	if cfg.Tokens != nil {
		p.tokens = make(map[Token]bool)
		for _, t := range cfg.Tokens {
			p.tokens[t] = true
		}
	}
	return p
}

// tell adds to a welcome what a client needs. Clients that don't know of tokens show the
// error and leave.
func (p permits) tell(w *wire.Welcome) {
	w.Sesame.Contact = p.contact
	if p.tokens == nil || w.Error != "" { // who is turned away needs nothing
		return
	}
	w.PermissionRequired = map[string]json.RawMessage{wire.MethodToken: json.RawMessage("{}")}
	w.Error = wire.WantsToken
	if p.contact != "" {
		w.Error += fmt.Sprintf(" (%s)", p.contact)
	}
}

// A permission is what one client has to get before it is served.
type permission struct {
	permits permits
	granted bool
}

// needed reports whether a frame has to be looked at by answer.
func (p *permission) needed() bool { return !p.granted && p.permits.tokens != nil }

// answer returns what is said to a client that has no permission yet, and whether that is
// the end. Its tries are bounded: after a wrong one it is over.
func (p *permission) answer(frame []byte) (out []wire.Message, over bool) {
	c, err := wire.ParseCommand(frame)
	if err != nil {
		return []wire.Message{{Type: wire.ErrorType, Error: wire.WantsToken, Orig: json.RawMessage("{}")}}, true
	}
	ack := wire.Message{Type: wire.Ack, ID: c.ID}
	switch {
	case c.Type == wire.Ping && len(c.Ping) > 0 && len(c.Ping) <= maxEarlyPing:
		return []wire.Message{ack, {Type: wire.Pong, Pong: c.Ping}}, false
	case c.Type != wire.SubmitPermissions:
		return []wire.Message{ack, {Type: wire.ErrorType, Error: wire.WantsToken, Orig: json.RawMessage("{}")}}, true
	case c.Method != nil && *c.Method == wire.MethodToken && c.Token != nil && p.permits.tokens[TokenOf(*c.Token)]:
		p.granted = true
		return []wire.Message{ack}, false
	}
	return []wire.Message{ack, {Type: wire.ErrorType, Error: wire.WrongToken, Orig: json.RawMessage("{}")}}, true
}

// maxEarlyPing is how many bytes a ping may carry before there is a permission.
const maxEarlyPing = 1 << 10
