package relayed

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"

	"sesame/internal/addr"
	"sesame/internal/foreign"
	"sesame/transit/way"
)

// Types of hints (doc/transit.md §1). The WebSocket address of a relay goes by four
// names; all are understood, the first two are sent.
const (
	typeRelay       = "relay-v1"
	typeWebSocket   = "websocket"
	typeWebSocketV1 = "websocket-v1"
	typeDirectWS    = "direct-ws-v1"
	typeDirectWSS   = "direct-wss-v1"
)

// maxParsedInner is how many addresses of one relay are read.
const maxParsedInner = 8

func form() way.Form {
	return way.Form{Type: typeRelay, Read: read, Write: write, Parsed: 16, Kept: 2 * way.MaxRelays}
}

// read returns the addresses of a relay that were well-formed.
func read(f way.Fields) (h way.Hint, dropped int, ok bool) {
	seen := map[string]bool{}
	for _, item := range way.List(f.Hints) {
		if len(h.Hints) == maxParsedInner {
			dropped++
			continue
		}
		inner, ok := readInner(item)
		if !ok || seen[inner.ID()] {
			dropped++
			continue
		}
		seen[inner.ID()] = true
		h.Hints = append(h.Hints, inner)
	}
	h.Lanes, h.Wanted = way.Number(f.Lanes), way.Number(f.Wanted)
	return h, dropped, len(h.Hints) > 0 || h.Wanted > 0
}

// readInner reads one address of a relay.
func readInner(item json.RawMessage) (h way.Hint, ok bool) {
	var f way.Fields
	if json.Unmarshal(item, &f) != nil {
		return h, false
	}
	h.Type = f.Type
	switch f.Type {
	case way.TypeDirect:
		ok = f.Address(&h) && f.Ranked(&h)
	case typeWebSocket, typeWebSocketV1:
		ok = json.Unmarshal(f.URL, &h.URL) == nil && h.URL != "" && len(h.URL) <= way.MaxURL
	case typeDirectWS, typeDirectWSS:
		ok = f.Address(&h)
	}
	return h, ok
}

type relayJSON struct {
	Type  string `json:"type"`
	Hints []any  `json:"hints"`
	// What others than sesames don't know.
	Lanes  int `json:"lanes,omitempty"`
	Wanted int `json:"wanted,omitempty"`
}

type urlJSON struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// write returns what can be sent of a relay's addresses, and only the first TCP
// one: a peer that meets one relay under two addresses may draw two sides and be
// connected with itself (doc/transit.md §1.2).
func write(h way.Hint) (any, bool) {
	out := relayJSON{Type: typeRelay, Hints: []any{}, Lanes: h.Lanes, Wanted: h.Wanted}
	tcp := false
	for _, inner := range h.Hints {
		switch {
		case inner.Type == way.TypeDirect && !tcp:
			if v, ok := way.WriteAddress(inner); ok {
				tcp = true
				out.Hints = append(out.Hints, v)
			}
		case (inner.Type == typeWebSocket || inner.Type == typeWebSocketV1) && inner.URL != "":
			out.Hints = append(out.Hints, urlJSON{inner.Type, inner.URL})
		}
	}
	return out, len(out.Hints) > 0 || h.Wanted > 0
}

// hintOf returns what a peer is told of r.
func hintOf(r way.Relay) way.Hint {
	h := way.Hint{Type: typeRelay, Lanes: r.Lanes}
	if r.Address != "" {
		host, port, _ := addr.Split(r.Address)
		h.Hints = append(h.Hints, way.Hint{Type: way.TypeDirect, Hostname: host, Port: int(port)})
	}
	if r.URL != "" {
		h.Hints = append(h.Hints, way.Hint{Type: typeWebSocket, URL: r.URL}, way.Hint{Type: typeWebSocketV1, URL: r.URL})
	}
	return h
}

// webSocketURL returns the address in any of its four spellings.
func webSocketURL(h way.Hint) string {
	switch h.Type {
	case typeDirectWS:
		return "ws://" + addr.Join(h.Hostname, h.Port) + "/"
	case typeDirectWSS:
		return "wss://" + addr.Join(h.Hostname, h.Port) + "/"
	}
	return h.URL
}

// foreignURL returns what is asked for where a peer names a relay's WebSocket by
// the address s: of that, the scheme, the host and the port count. The path is one
// that relays have, and there is nothing behind it.
func foreignURL(s string) (string, error) {
	host, port, err := way.ParseURL(s)
	if err != nil {
		return "", err
	}
	said, err := url.Parse(s)
	if err != nil {
		return "", way.ErrURL
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	} else if !way.ValidName(host) {
		return "", way.ErrName
	}
	u := url.URL{Scheme: said.Scheme, Host: strings.ToLower(host), Path: foreign.RelayPath(said.Path)}
	switch {
	case said.Port() != "":
		u.Host = addr.Join(u.Host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + u.Host + "]"
	}
	return u.String(), nil
}
