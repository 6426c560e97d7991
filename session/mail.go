package session

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"sesame/transit"
)

// maxMail is the largest mailbox message that is looked at, in bytes.
const maxMail = 64 << 10

// mail is a message that goes by mailbox (doc/native.md §5.6). All members are
// optional, and what isn't known is ignored.
type mail struct {
	Hints   []transit.Hint
	Ways    []transit.Ability // beside Hints: the sorts of path that may be used
	Seen    int               // beside Hints: up to which message with hints the writer has prepared itself
	Error   *Reason
	Control []mailControl // what could not be said over a lane any more
}

// mailReason is a reason in JSON (§8.2).
type mailReason struct {
	Class   Class    `json:"class"`
	Code    uint16   `json:"code,omitempty"`
	Numbers []uint64 `json:"numbers,omitempty"`
	Reason  string   `json:"reason"`
}

func mailed(r Reason) mailReason {
	return mailReason{r.Class, r.Code, r.Numbers, CutWords(r.Words)}
}

// read returns the reason, and whether it keeps the limits.
func (m *mailReason) read() (Reason, bool) {
	ok := len(m.Reason) <= maxWords && utf8.ValidString(m.Reason) && len(m.Numbers) <= maxNumbers
	return Reason{Class: m.Class, Code: m.Code, Numbers: m.Numbers, Words: m.Reason}, ok
}

// mailControl is a control message, which is dealt with in its turn as any other.
type mailControl struct {
	Number int64   `json:"n"`
	Type   Message `json:"type"`
	Body   []byte  `json:"body,omitempty"` // in standard base64
}

// maxMailControl is how many bytes of bodies go in a message, whose length is bounded.
const maxMailControl = 40 << 10

type mailJSON struct {
	Hints   json.RawMessage `json:"hints,omitempty"`
	Seen    int             `json:"seen,omitempty"`
	Error   *mailReason     `json:"error,omitempty"` // ends the session when there is no lane to say it on
	Control []mailControl   `json:"control,omitempty"`
}

// encode writes m. An empty transit message says whose hints are written; so it does of
// those that are read.
func (m *mail) encode(hints transit.Message) ([]byte, error) {
	out := mailJSON{Control: m.Control}
	if m.Error != nil {
		why := mailed(*m.Error)
		out.Error = &why
	}
	if m.Hints != nil {
		hints.Hints, hints.Abilities = m.Hints, m.Ways
		inner, err := json.Marshal(hints)
		if err != nil {
			return nil, err
		}
		out.Hints, out.Seen = inner, m.Seen
	}
	return json.Marshal(out)
}

func parseMail(b []byte, hints transit.Message) (*mail, error) {
	if len(b) > maxMail {
		return nil, broken("mailbox message is too large")
	}
	var in mailJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, broken("mailbox message makes no sense")
	}
	m := &mail{Control: in.Control}
	if in.Seen < 0 {
		return nil, broken("mailbox message makes no sense")
	}
	if in.Error != nil {
		why, ok := in.Error.read()
		if !ok {
			return nil, broken("mailbox message makes no sense")
		}
		m.Error = &why
	}
	for _, c := range m.Control {
		if c.Number < 0 || len(c.Body) > maxControl {
			return nil, broken("mailbox message makes no sense")
		}
	}
	if in.Hints != nil {
		if err := json.Unmarshal(in.Hints, &hints); err != nil {
			return nil, broken("mailbox message has hints that make no sense")
		}
		m.Hints, m.Ways, m.Seen = nonNil(hints.Hints), hints.Abilities, in.Seen
	}
	return m, nil
}

// isForeign reports whether a first message is a JSON object, or null, but none of
// ours.
func isForeign(b []byte) bool {
	var in map[string]json.RawMessage
	if len(b) > maxMail || json.Unmarshal(b, &in) != nil || in["hints"] != nil {
		return false
	}
	reason := in["error"]
	return len(reason) == 0 || reason[0] != '{'
}

// firstMail reads the peer's first message.
func firstMail(b []byte, hints transit.Message) (*mail, error) {
	if isForeign(b) {
		return nil, &Foreign{bytes.Clone(b)}
	}
	m, err := parseMail(b, hints)
	if err != nil {
		return nil, err
	}
	if m.Error != nil {
		return nil, &PeerError{*m.Error}
	}
	return m, nil
}
