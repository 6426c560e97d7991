package native

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"sesame/transfer"
	"sesame/transit"
)

// maxMail is the largest mailbox message that is looked at, in bytes.
const maxMail = 64 << 10

// mail is a message that goes by mailbox (doc/native.md §5.6). All members are
// optional, and what isn't known is ignored.
type mail struct {
	Hints []transit.Hint
	Ways  []transit.Ability // beside Hints: the sorts of path that may be used
	Offer *mailOffer
	Error *transfer.Reason
	Done  bool       // the receiver's: everything is in place
	Lost  []mailLoss // but for these
}

// mailReason is a reason in JSON (§8.2). A peer that has words only ignores the rest.
type mailReason struct {
	Class   transfer.Class      `json:"class"`
	Code    transfer.ReasonCode `json:"code,omitempty"`
	Numbers []uint64            `json:"numbers,omitempty"`
	Reason  string              `json:"reason"`
}

func mailed(r transfer.Reason) mailReason {
	return mailReason{r.Class, r.Code, r.Numbers, cutWords(r.Text())}
}

// read returns the reason, and whether it keeps the limits.
func (m *mailReason) read() (transfer.Reason, bool) {
	ok := len(m.Reason) <= maxReason && utf8.ValidString(m.Reason) && len(m.Numbers) <= maxNumbers
	return transfer.Reason{Class: m.Class, Code: m.Code, Numbers: m.Numbers, Words: m.Reason}, ok
}

// mailLoss is an item of DONE (§5.4).
type mailLoss struct {
	Entry int `json:"entry"`
	mailReason
}

// maxMailLosses is how many go in a message, whose length is bounded.
const maxMailLosses = 100

// mailLosses are those that fit, the last of which says how many more there are.
func mailLosses(all []failure) (out []mailLoss) {
	for i, f := range all {
		if i == maxMailLosses-1 && i+1 < len(all) {
			f = f.more(len(all) - i - 1)
		}
		if i == maxMailLosses {
			break
		}
		out = append(out, mailLoss{f.index, mailed(f.reason)})
	}
	return out
}

// losses reads them again.
func (m *mail) losses() (out []failure) {
	for _, l := range m.Lost {
		why, _ := l.read() // looked at already
		out = append(out, failure{l.Entry, why})
	}
	return out
}

// mailOffer announces what the manifest will say, for a receiver that can't be
// reached yet.
type mailOffer struct {
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

type mailJSON struct {
	Hints json.RawMessage `json:"hints,omitempty"`
	Offer *mailOffer      `json:"offer,omitempty"`
	Error *mailReason     `json:"error,omitempty"` // ends the transfer when there is no lane to say it on
	Done  bool            `json:"done,omitempty"`
	Lost  []mailLoss      `json:"lost,omitempty"`
}

func (m *mail) encode() ([]byte, error) {
	out := mailJSON{Offer: m.Offer, Done: m.Done, Lost: m.Lost}
	if m.Error != nil {
		why := mailed(*m.Error)
		out.Error = &why
	}
	if m.Hints != nil {
		inner, err := json.Marshal(transit.Message{Hints: m.Hints, Abilities: m.Ways})
		if err != nil {
			return nil, err
		}
		out.Hints = inner
	}
	return json.Marshal(out)
}

func parseMail(b []byte) (*mail, error) {
	if len(b) > maxMail {
		return nil, broken("mailbox message is too large")
	}
	var in mailJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, broken("mailbox message makes no sense")
	}
	m := &mail{Offer: in.Offer, Done: in.Done, Lost: in.Lost}
	if in.Error != nil {
		why, ok := in.Error.read()
		if !ok {
			return nil, broken("mailbox message makes no sense")
		}
		m.Error = &why
	}
	if len(in.Lost) > maxMailLosses {
		return nil, broken("mailbox message makes no sense")
	}
	for _, l := range in.Lost {
		if _, ok := l.read(); !ok || l.Entry < 0 {
			return nil, broken("mailbox message makes no sense")
		}
	}
	if in.Hints != nil {
		var hints transit.Message
		if err := json.Unmarshal(in.Hints, &hints); err != nil {
			return nil, broken("mailbox message has hints that make no sense")
		}
		m.Hints, m.Ways = nonNil(hints.Hints), hints.Abilities
	}
	return m, nil
}

// A Foreign is the error of a session whose peer's first message belongs to
// another protocol: it holds no addresses, and no reason to stop as this one has
// it. Nothing was sent but this side's own first message.
type Foreign struct {
	Message []byte // at most 64 KiB
}

func (e *Foreign) Error() string {
	return "the other side begins with a message of another protocol"
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
func firstMail(b []byte) (*mail, error) {
	if isForeign(b) {
		return nil, &Foreign{bytes.Clone(b)}
	}
	m, err := parseMail(b)
	if err != nil {
		return nil, err
	}
	if m.Error != nil {
		return nil, &transfer.PeerError{Reason: *m.Error}
	}
	if o := m.Offer; o != nil && (o.Entries < 0 || o.Bytes < 0) {
		return nil, broken("mailbox message makes no sense")
	}
	return m, nil
}
