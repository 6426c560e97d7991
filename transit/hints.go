package transit

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"sesame/transit/way"
)

// What is kept of a peer's message. What is acted on is less, and each way's to say.
const (
	maxItems     = 1024 // hints that are looked at
	maxAbilities = 16
)

// A Message is what the two sides tell each other about how to be reached: the
// value of "transit" in the file transfer protocol. What it holds of the peer's
// is well-formed and bounded, and not trusted: Connect applies the dial policy.
type Message struct {
	Abilities []Ability
	Hints     []Hint
	// Dropped counts the hints of a parsed message that were malformed, of an
	// unknown type, repeated, or beyond the limits. It isn't sent.
	Dropped int
	// Ways are those whose hints are read and written. It isn't sent, and a message
	// that is read keeps it. Default: all that this system has.
	Ways *way.Set
}

// An Ability names a way to connect that a side is willing to use.
type Ability struct {
	Type string `json:"type"`
}

// Abilities returns the sorts of path that c allows.
func (c *Config) Abilities() (all []Ability) {
	if c == nil {
		c = new(Config)
	}
	for w := range c.ways().All() {
		if w.Classic() && w.Form().Type != "" && w.Allowed((*way.Config)(c)) {
			all = append(all, Ability{w.Form().Type})
		}
	}
	return all
}

// CanMeet reports whether two sides with these abilities have a sort of path in
// common. An empty list says nothing, so it fits any.
func CanMeet(ours, theirs []Ability) bool {
	if len(ours) == 0 || len(theirs) == 0 {
		return true
	}
	return slices.ContainsFunc(ours, func(a Ability) bool { return slices.Contains(theirs, a) })
}

func (m *Message) ways() *way.Set {
	if m.Ways != nil {
		return m.Ways
	}
	return Ways()
}

// MarshalJSON writes m so that the strictest peer can read it: ports are
// integers, direct hints IP addresses, lists lists. Hints that can't be
// written that way are left out.
func (m Message) MarshalJSON() ([]byte, error) {
	out := struct {
		Abilities []Ability `json:"abilities-v1"`
		Hints     []any     `json:"hints-v1"`
	}{append([]Ability{}, m.Abilities...), []any{}}
	ways := m.ways()
	for _, h := range m.Hints {
		if f, ok := ways.Form(h.Type); ok {
			if v, ok := f.Write(h); ok {
				out.Hints = append(out.Hints, v)
			}
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what a peer sent, generously: unknown keys, types and
// hints, null and missing lists are no error. Only a value that isn't an
// object (or null) is.
func (m *Message) UnmarshalJSON(b []byte) error {
	*m = Message{Ways: m.Ways}
	if b = bytes.TrimSpace(b); bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) == 0 || b[0] != '{' {
		return errors.New("transit message is not an object")
	}
	var raw struct {
		Abilities json.RawMessage `json:"abilities-v1"`
		Hints     json.RawMessage `json:"hints-v1"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return errors.New("transit message is not valid JSON")
	}
	m.parseAbilities(way.List(raw.Abilities))
	m.parseHints(way.List(raw.Hints))
	return nil
}

func (m *Message) parseAbilities(items []json.RawMessage) {
	for _, item := range items {
		var a Ability
		if len(m.Abilities) < maxAbilities && json.Unmarshal(item, &a) == nil && a.Type != "" && len(a.Type) <= way.MaxHostname {
			m.Abilities = append(m.Abilities, a)
		}
	}
}

func (m *Message) parseHints(items []json.RawMessage) {
	ways := m.ways()
	kept := map[string]int{}
	seen := map[string]bool{}
	if len(items) > maxItems {
		m.Dropped = len(items) - maxItems
		items = items[:maxItems]
	}
	for _, item := range items {
		var raw way.Fields
		if json.Unmarshal(item, &raw) != nil {
			m.Dropped++
			continue
		}
		f, ok := ways.Form(raw.Type)
		if !ok {
			m.Dropped++
			continue
		}
		h, dropped, ok := f.Read(raw)
		h.Type = raw.Type
		m.Dropped += dropped
		if !ok || seen[h.ID()] || kept[h.Type] >= f.Parsed {
			m.Dropped++
			continue
		}
		seen[h.ID()] = true
		kept[h.Type]++
		m.Hints = append(m.Hints, h)
	}
}

// mergeHints returns the peer's hints, the latest first. What is beyond the
// number of those that are ever acted on falls off.
func mergeHints(ways *way.Set, latest, earlier []Hint) []Hint {
	var out []Hint
	seen := map[string]bool{}
	kept := map[string]int{}
	for _, h := range slices.Concat(latest, earlier) {
		f, ok := ways.Form(h.Type)
		if id := h.ID(); ok && !seen[id] && kept[h.Type] < f.Kept {
			seen[id] = true
			kept[h.Type]++
			out = append(out, h)
		}
	}
	return out
}
