package relay

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sesame/internal/addr"
	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/stamp"
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

// A permission is what one client has to get before it is served: by a token, where the
// server wants one, or else by work, if it demands that.
type permission struct {
	permits permits
	level   int           // of defence, as it is told
	work    *stamp.Demand // nil for none
	granted bool
	bound   bool // it has said who it is, and got an ack for that
	refused int  // frames since it was, with that one
}

// gate returns the permission that a client needs which has come with a request.
func (m *mailboxes) gate(r *http.Request, c *client, now time.Time) *permission {
	p := &permission{permits: m.live.now.Load().permit, level: m.guard.level()}
	if p.permits.tokens == nil && !c.guest.Exempt {
		p.work = m.guard.demand(c.source(), addr.Host(r.Host), now)
	}
	return p
}

// longestWork is how long a client may take for its first message if it has to work for
// it: slow programs on slow computers do.
const longestWork = time.Minute

// patience is how much longer a client may take for its first message.
func (p *permission) patience() time.Duration {
	if p.work != nil {
		return longestWork
	}
	return 0
}

// lacks is the reason under which it is counted that a client didn't get its permission.
func (p *permission) lacks() string {
	if p.work != nil {
		return figures.NoWork
	}
	return figures.NoToken
}

// tell adds to a welcome what a client needs. Of work nothing is said in the welcome's
// error, which every client obeys: those that can do it are to go on.
func (p *permission) tell(w *wire.Welcome) {
	p.permits.tell(w)
	if p.work == nil || w.Error != "" {
		return
	}
	demand, err := json.Marshal(p.work)
	if err != nil {
		panic("relay: internal error: " + err.Error())
	}
	w.PermissionRequired = map[string]json.RawMessage{wire.MethodHashcash: demand}
}

// needed reports whether a frame has to be looked at by answer.
func (p *permission) needed() bool {
	return !p.granted && (p.permits.tokens != nil || p.work != nil)
}

// wants and wrong are what clients are told that show nothing, or something wrong.
func (p *permission) wants() string {
	if p.work != nil {
		return wire.WantsWork
	}
	return wire.WantsToken
}

func (p *permission) wrong() string {
	if p.work != nil {
		return wire.WrongWork
	}
	return wire.WrongToken
}

// shown reports whether a command shows what is needed.
func (p *permission) shown(c wire.Command) bool {
	switch {
	case c.Method == nil:
		return false
	case p.work != nil:
		return *c.Method == wire.MethodHashcash && c.Stamp != nil && p.work.Check(*c.Stamp) == nil
	}
	return *c.Method == wire.MethodToken && c.Token != nil && p.permits.tokens[TokenOf(*c.Token)]
}

// mostRefused is how many frames are answered of a client that doesn't get its permission.
const mostRefused = 16

// answer returns what is said to a client that has no permission yet, and whether that is
// the end. It has one try. Who only says who it is isn't refused yet: Python's receiver binds before it
// has read the welcome, and one that is refused before it has taken the code that it was given ends in a
// trace. A client that is refused may still give back what it believes to have:
// other programs wait for the answer to that, and those of Python ask again and again.
func (p *permission) answer(frame []byte) (out []wire.Message, over bool) {
	c, err := wire.ParseCommand(frame)
	if err != nil {
		return []wire.Message{{Type: wire.ErrorType, Error: p.wants(), Orig: json.RawMessage("{}")}}, true
	}
	ack := wire.Message{Type: wire.Ack, ID: c.ID}
	if p.refused > 0 {
		p.refused++
		over = p.refused > mostRefused
		switch c.Type {
		case wire.Release:
			return []wire.Message{ack, {Type: wire.Released}}, over
		case wire.Close:
			return []wire.Message{ack, {Type: wire.Closed}}, true
		}
		return nil, over
	}
	switch {
	case c.Type == wire.Ping && len(c.Ping) > 0 && len(c.Ping) <= maxEarlyPing:
		return []wire.Message{ack, {Type: wire.Pong, Pong: c.Ping}}, false
	case c.Type == wire.Bind && !p.bound:
		p.bound = true
		return []wire.Message{ack}, false
	case c.Type != wire.SubmitPermissions || p.bound:
		// wormhole-william hears of no error, and would wait for ever. An ack that isn't
		// for its message it takes for the end, and shows it; nobody else looks at that.
		p.refused = 1
		return []wire.Message{{Type: wire.Ack, ID: new(p.wants())}, {Type: wire.ErrorType, Error: p.wants(), Orig: json.RawMessage("{}")}}, false
	case p.shown(c):
		p.granted = true
		return []wire.Message{ack}, false
	}
	return []wire.Message{ack, {Type: wire.ErrorType, Error: p.wrong(), Orig: json.RawMessage("{}")}}, true
}

// maxEarlyPing is how many bytes a ping may carry before there is a permission.
const maxEarlyPing = 1 << 10
