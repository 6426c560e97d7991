package way

import (
	"encoding/json"
	"net/netip"
	"strconv"

	"sesame/internal/addr"
)

// TypeDirect is the type of addresses that take TCP: the peer's, or a relay's
// among that relay's own.
const TypeDirect = "direct-tcp-v1"

// Bounds of what is read of a hint, in bytes (doc/transit.md §1.3).
const (
	MaxHostname = 255
	MaxURL      = 1024
)

// A Hint is an address at which its sender can be reached. Type says which
// fields matter: Hostname, Port and Priority for "direct-tcp-v1", the first two
// for "sesame-udp-v1" and "sesame-tcp-v1", which only sesames understand, Hints
// for "relay-v1", URL for "websocket" and "websocket-v1". Hints holds the
// addresses of one relay.
type Hint struct {
	Type     string
	Hostname string
	Port     int // 1 to 65535
	Priority float64
	URL      string
	Hints    []Hint
	// What only sesames say and read: how many lanes there may be through a relay, as
	// its sender knows, 0 if it doesn't; how many it waits for there; and that it wants
	// one over UDP beside TCP (doc/native.md §3.6); and that an address is there for one
	// more lane beside another (§10.4).
	Lanes, Wanted   int
	Beside, Further bool
	// Room is beside how many lanes over TCP its sender saw that the line has room for
	// more (doc/native.md §3.6), 0 for none.
	Room int
}

// AsksOf returns what the sender of hints asks for.
func AsksOf(hints []Hint) (a Asks) {
	for _, h := range hints {
		a.Relayed = max(a.Relayed, h.Wanted)
		a.UDP = a.UDP || h.Beside
		a.Room = max(a.Room, h.Room)
	}
	return a
}

// AddressHint returns a hint that is an address.
func AddressHint(typ string, at netip.AddrPort) Hint {
	return Hint{Type: typ, Hostname: at.Addr().String(), Port: int(at.Port())}
}

// ID is the same for hints that name the same address.
func (h *Hint) ID() string {
	s := h.Type + " " + h.Hostname + " " + strconv.Itoa(h.Port) + " " + h.URL
	for i := range h.Hints {
		s += "\n" + h.Hints[i].ID()
	}
	return s
}

// Addresses returns those among hints of a type, which are IP addresses. The dial
// policy has not been applied.
func Addresses(typ string, hints []Hint) (addrs []netip.AddrPort) {
	for _, h := range hints {
		if ip, err := netip.ParseAddr(h.Hostname); err == nil && h.Type == typ && addr.IsPort(h.Port) {
			addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), uint16(h.Port)))
		}
	}
	return addrs
}

// A Form is a type of hints: how they are read and written, and how many count.
type Form struct {
	Type string
	// Read returns the hint that a peer's fields make, without its Type, and how
	// many parts of it were left out; false if they make none. They are hostile:
	// what it keeps is bounded.
	Read func(f Fields) (h Hint, dropped int, ok bool)
	// Write returns what encoding/json is to write so that the strictest peer can
	// read it; false if h can't be written that way.
	Write func(h Hint) (v any, ok bool)
	// Parsed is how many of one message are read, Kept how many are kept in a
	// session. The rest is dropped.
	Parsed, Kept int
}

// Fields are those of a hint as they came, each nil if it is missing.
type Fields struct {
	Type     string          `json:"type"`
	Hostname json.RawMessage `json:"hostname"`
	Port     json.RawMessage `json:"port"`
	Priority json.RawMessage `json:"priority"`
	URL      json.RawMessage `json:"url"`
	Hints    json.RawMessage `json:"hints"`
	Lanes    json.RawMessage `json:"lanes"`
	Wanted   json.RawMessage `json:"wanted"`
	Beside   json.RawMessage `json:"beside"`
	Further  json.RawMessage `json:"further"`
	Room     json.RawMessage `json:"room"`
}

// Number returns a number of lanes, 1 to MaxLanes; 0 for anything that is none.
func Number(b json.RawMessage) int {
	var n int
	if len(b) == 0 || json.Unmarshal(b, &n) != nil || n < 1 {
		return 0
	}
	return min(n, MaxLanes)
}

// Address reads a host, by address or name, and a port.
func (f Fields) Address(h *Hint) bool {
	if json.Unmarshal(f.Hostname, &h.Hostname) != nil || h.Hostname == "" || len(h.Hostname) > MaxHostname {
		return false
	}
	n, ok := addr.Port(string(f.Port)) // an integer literal, not "80", 80.5 or 8e1
	h.Port = int(n)
	return ok
}

// Ranked reads the priority, which may be missing.
func (f Fields) Ranked(h *Hint) bool {
	return len(f.Priority) == 0 || json.Unmarshal(f.Priority, &h.Priority) == nil
}

// List returns the items of a JSON array, or none for anything else.
func List(b json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if len(b) == 0 || json.Unmarshal(b, &items) != nil {
		return nil
	}
	return items
}

// AddressForm is a type of hints that are an IP address and a port.
func AddressForm(typ string, parsed, kept int) Form {
	read := func(f Fields) (h Hint, _ int, ok bool) {
		ok = f.Address(&h) && isIP(h.Hostname)
		return h, 0, ok
	}
	return Form{Type: typ, Read: read, Write: WriteIP, Parsed: parsed, Kept: kept}
}

// addressJSON is an address as it is written.
type addressJSON struct {
	Type     string  `json:"type"`
	Priority float64 `json:"priority"`
	Hostname string  `json:"hostname"`
	Port     int     `json:"port"`
	Beside   bool    `json:"beside,omitempty"`
	Further  bool    `json:"further,omitempty"`
	Room     int     `json:"room,omitempty"`
}

// WriteIP is Form.Write of hints that are an IP address and a port.
func WriteIP(h Hint) (any, bool) {
	v, ok := WriteAddress(h)
	return v, ok && isIP(h.Hostname)
}

// WriteAddress is WriteIP for those that may be names, too.
func WriteAddress(h Hint) (any, bool) {
	return addressJSON{h.Type, h.Priority, h.Hostname, h.Port, h.Beside, h.Further, h.Room}, h.Hostname != "" && addr.IsPort(h.Port)
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
