package transit

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strconv"

	"sesame/internal/addr"
)

// Types of hints and abilities (doc/transit.md §1). The WebSocket address of a
// relay goes by four names; all are understood, the first two are sent.
const (
	typeDirect      = "direct-tcp-v1"
	typeTor         = "tor-tcp-v1"
	typeRelay       = "relay-v1"
	typeWebSocket   = "websocket"
	typeWebSocketV1 = "websocket-v1"
	typeDirectWS    = "direct-ws-v1"
	typeDirectWSS   = "direct-wss-v1"
)

// What is kept of a peer's message. What is acted on is less: see plan.go.
const (
	maxItems       = 1024 // that are looked at
	maxParsedInner = 8    // addresses of one relay
	maxAbilities   = 16
	maxHostname    = 255  // bytes
	maxURL         = 1024 // bytes
)

var maxParsed = map[string]int{typeDirect: 64, typeUDP: 32, typeOpen: 16, typeRelay: 16}

// A Message is what the two sides tell each other about how to be reached: the
// value of "transit" in the file transfer protocol. What it holds of the peer's
// is well-formed and bounded, and not trusted: Connect applies the dial policy.
type Message struct {
	Abilities []Ability
	Hints     []Hint
	// Dropped counts the hints of a parsed message that were malformed, of an
	// unknown type, repeated, or beyond the limits. It isn't sent.
	Dropped int
}

// An Ability names a way to connect that a side is willing to use.
type Ability struct {
	Type string `json:"type"`
}

// A Hint is an address at which its sender can be reached. Type says which
// fields matter: Hostname, Port and Priority for "direct-tcp-v1", the first two
// for "sesame-udp-v1" and "sesame-tcp-v1", which only sesames understand, Hints for "relay-v1", URL for "websocket" and "websocket-v1". Hints holds the
// addresses of one relay.
type Hint struct {
	Type     string
	Hostname string
	Port     int // 1 to 65535
	Priority float64
	URL      string
	Hints    []Hint
}

// Abilities returns the sorts of path that c allows.
func (c *Config) Abilities() (all []Ability) {
	if c == nil || !c.NoDirect {
		all = append(all, Ability{typeDirect})
	}
	if c == nil || !c.NoRelay {
		all = append(all, Ability{typeRelay})
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

// MarshalJSON writes m so that the strictest peer can read it: ports are
// integers, direct hints IP addresses, lists lists. Hints that can't be
// written that way are left out.
func (m Message) MarshalJSON() ([]byte, error) {
	out := struct {
		Abilities []Ability `json:"abilities-v1"`
		Hints     []any     `json:"hints-v1"`
	}{append([]Ability{}, m.Abilities...), []any{}}
	for _, h := range m.Hints {
		switch {
		case h.Type == typeRelay:
			if inner := emitInner(h.Hints); len(inner) > 0 {
				out.Hints = append(out.Hints, relayJSON{typeRelay, inner})
			}
		case (h.Type == typeDirect || h.Type == typeUDP || h.Type == typeOpen) && isIP(h.Hostname) && addr.IsPort(h.Port):
			out.Hints = append(out.Hints, directJSON{h.Type, h.Priority, h.Hostname, h.Port})
		}
	}
	return json.Marshal(out)
}

type directJSON struct {
	Type     string  `json:"type"`
	Priority float64 `json:"priority"`
	Hostname string  `json:"hostname"`
	Port     int     `json:"port"`
}

type urlJSON struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type relayJSON struct {
	Type  string `json:"type"`
	Hints []any  `json:"hints"`
}

// emitInner returns what can be sent of a relay's addresses, and only the
// first TCP one: a peer that meets one relay under two addresses may draw two
// sides and be connected with itself (doc/transit.md §1.2).
func emitInner(hints []Hint) []any {
	var out []any
	tcp := false
	for _, h := range hints {
		switch {
		case h.Type == typeDirect && !tcp && h.Hostname != "" && addr.IsPort(h.Port):
			tcp = true
			out = append(out, directJSON{h.Type, h.Priority, h.Hostname, h.Port})
		case (h.Type == typeWebSocket || h.Type == typeWebSocketV1) && h.URL != "":
			out = append(out, urlJSON{h.Type, h.URL})
		}
	}
	return out
}

// UnmarshalJSON reads what a peer sent, generously: unknown keys, types and
// hints, null and missing lists are no error. Only a value that isn't an
// object (or null) is.
func (m *Message) UnmarshalJSON(b []byte) error {
	*m = Message{}
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
	m.parseAbilities(list(raw.Abilities))
	m.parseHints(list(raw.Hints))
	return nil
}

func (m *Message) parseAbilities(items []json.RawMessage) {
	for _, item := range items {
		var a Ability
		if len(m.Abilities) < maxAbilities && json.Unmarshal(item, &a) == nil && a.Type != "" && len(a.Type) <= maxHostname {
			m.Abilities = append(m.Abilities, a)
		}
	}
}

func (m *Message) parseHints(items []json.RawMessage) {
	kept := map[string]int{}
	seen := map[string]bool{}
	if len(items) > maxItems {
		m.Dropped = len(items) - maxItems
		items = items[:maxItems]
	}
	for _, item := range items {
		h, dropped, ok := parseHint(item, true)
		m.Dropped += dropped
		if !ok || seen[h.id()] || kept[h.Type] >= maxParsed[h.Type] {
			m.Dropped++
			continue
		}
		seen[h.id()] = true
		kept[h.Type]++
		m.Hints = append(m.Hints, h)
	}
}

// parseHint reads one hint, and with outer the addresses of a relay in it.
// dropped counts those of them that were left out.
func parseHint(b json.RawMessage, outer bool) (h Hint, dropped int, ok bool) {
	var raw struct {
		Type     string          `json:"type"`
		Hostname json.RawMessage `json:"hostname"`
		Port     json.RawMessage `json:"port"`
		Priority json.RawMessage `json:"priority"`
		URL      json.RawMessage `json:"url"`
		Hints    json.RawMessage `json:"hints"`
	}
	if json.Unmarshal(b, &raw) != nil {
		return Hint{}, 0, false
	}
	h = Hint{Type: raw.Type}
	switch raw.Type {
	case typeDirect:
		ok = h.parseAddress(raw.Hostname, raw.Port) && h.parsePriority(raw.Priority)
	case typeUDP, typeOpen:
		ok = outer && h.parseAddress(raw.Hostname, raw.Port) && isIP(h.Hostname)
	case typeWebSocket, typeWebSocketV1:
		ok = !outer && json.Unmarshal(raw.URL, &h.URL) == nil && h.URL != "" && len(h.URL) <= maxURL
	case typeDirectWS, typeDirectWSS:
		ok = !outer && h.parseAddress(raw.Hostname, raw.Port)
	case typeRelay:
		if outer {
			dropped = h.parseInner(list(raw.Hints))
			ok = len(h.Hints) > 0
		}
	}
	return h, dropped, ok
}

func (h *Hint) parseInner(items []json.RawMessage) (dropped int) {
	seen := map[string]bool{}
	for _, item := range items {
		if len(h.Hints) == maxParsedInner {
			dropped++
			continue
		}
		inner, _, ok := parseHint(item, false)
		if !ok || seen[inner.id()] {
			dropped++
			continue
		}
		seen[inner.id()] = true
		h.Hints = append(h.Hints, inner)
	}
	return dropped
}

func (h *Hint) parseAddress(host, port json.RawMessage) bool {
	if json.Unmarshal(host, &h.Hostname) != nil || h.Hostname == "" || len(h.Hostname) > maxHostname {
		return false
	}
	n, ok := addr.Port(string(port)) // an integer literal, not "80", 80.5 or 8e1
	h.Port = int(n)
	return ok
}

func (h *Hint) parsePriority(b json.RawMessage) bool {
	return len(b) == 0 || json.Unmarshal(b, &h.Priority) == nil
}

// id is the same for hints that name the same address.
func (h *Hint) id() string {
	s := h.Type + " " + h.Hostname + " " + strconv.Itoa(h.Port) + " " + h.URL
	for i := range h.Hints {
		s += "\n" + h.Hints[i].id()
	}
	return s
}

// list returns the items of a JSON array, or none for anything else.
func list(b json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if len(b) == 0 || json.Unmarshal(b, &items) != nil {
		return nil
	}
	return items
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
