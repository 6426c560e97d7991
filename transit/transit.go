// Package transit reaches the peer: it finds a path between two computers that
// share a key, directly or through a relay, and makes one encrypted connection
// of it.
//
//	sender                                                   receiver
//	Listen, Message          -- hints (by another way) -->   Listen, Message
//	                         <-- hints --
//	Connect                                                  Connect
//	  dials direct addresses, accepts, joins at relays         likewise
//	                    on each connection that comes about:
//	  "transit sender 24be… ready\n\n"    -->
//	                                      <--   "transit receiver 1281… ready\n\n"
//	                    on one of them, once in a key's life:
//	  "go\n"                              -->
//	  records                            <-->   records
//
// Both sides offer the addresses of their network interfaces and the relays
// they know. Direct paths are preferred: a relay is asked a moment later, or
// at once when there is nothing else, and only the sender decides. No path
// holds up another.
//
// The peer's hints are not trusted: see way.Policy. Nothing that is sent in
// clear holds more than a proof that we know the key.
//
// The protocol is that of every Magic Wormhole client, version 1. Source:
// doc/transit.md.
//
// Two sesames use [Lanes] instead: any number of connections at once, found in
// the same way, and found again when they break. Source: doc/native.md §3.
package transit

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"sesame/internal/addr"
	"sesame/transit/way"
)

// A Role is a side of a connection. It is independent of who dials: of a classic one
// the sender of files leads, of a native session its first side (doc/native.md §2.1),
// whoever sends.
type Role int

const (
	Leader   Role = iota + 1 // decides which path is used
	Follower                 // follows
)

// check panics unless r is a role.
func (r Role) check() {
	if r != Leader && r != Follower {
		panic("transit: neither Leader nor Follower")
	}
}

// other returns the peer's role.
func (r Role) other() Role { return Leader + Follower - r }

// DefaultRelay is the TCP address of the relay that the public Magic Wormhole
// servers offer.
const DefaultRelay = "transit.magic-wormhole.io:4001"

// Config says which paths may be used. The zero value is ready to use, and nil
// stands for it. It may be shared; Listen and OpenLanes copy it.
type Config way.Config

// ways returns the sorts of path.
func (c *Config) ways() *way.Set {
	if c.Ways != nil {
		return c.Ways
	}
	return Ways()
}

// withDefaults returns a copy of c in which every field has its final value.
func (c *Config) withDefaults() (Config, error) {
	var out Config
	if c != nil {
		out = *c
	}
	switch {
	case out.NoRelay:
		out.Relays = nil
	case out.Relays == nil:
		out.Relays = []Relay{{Address: DefaultRelay}}
	}
	for _, r := range out.Relays {
		if err := r.Check(); err != nil {
			return out, err
		}
	}
	if out.Idle == 0 {
		out.Idle = 60 * time.Second
	}
	if out.Logger == nil {
		out.Logger = slog.New(slog.DiscardHandler)
	}
	return out, nil
}

// An Endpoint is one side while a path is looked for. Its methods may be called
// from several goroutines.
type Endpoint struct {
	role Role
	key  []byte
	cfg  Config
	at   *station
	work *reach
	used atomic.Bool
	left atomic.Bool // to the Conn, which closes at
}

// Listen starts to listen for the peer on a TCP port of the system's choice,
// for both address families, unless cfg.NoDirect is set. If no port can be had
// there are still other paths, so that is no error; a relay in cfg that can't
// be one is. ctx bounds the call only. The caller must Close the Endpoint.
//
// The key has KeySize bytes (anything else panics) and must never serve two
// Endpoints of the same role: the keys and nonces of the records depend on
// nothing else.
func Listen(ctx context.Context, role Role, key []byte, cfg *Config) (*Endpoint, error) {
	full, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("transit: %w", err)
	}
	full.Relays = slices.Clone(full.Relays)
	for i := range full.Relays { // this protocol has one connection
		full.Relays[i].Lanes = 0
	}
	if len(key) != KeySize {
		panic(fmt.Sprintf("transit: key of %d bytes, want %d", len(key), KeySize))
	}
	return newEndpoint(role, key, full, openStation(ctx, role, &full, ownAddresses(), true)), nil
}

// ownAddresses looks up our addresses. A page doesn't get to know any.
func ownAddresses() []netip.Prefix {
	if runtime.GOOS == "js" {
		return nil
	}
	return addr.Own()
}

// newEndpoint is Listen for a full configuration and a known place.
func newEndpoint(role Role, key []byte, cfg Config, at *station) *Endpoint {
	e := &Endpoint{role: role, key: append([]byte(nil), key...), cfg: cfg, at: at}
	at.start(way.Session{Tokens: [][]byte{derive(key, "transit_relay_token")}})
	e.work = newReach(deriveLines(key).handshake(role), at, cfg.Logger)
	return e
}

// Message returns what the peer must be told to reach this side. It says
// nothing of the key.
func (e *Endpoint) Message() Message {
	return Message{Abilities: e.cfg.Abilities(), Hints: e.at.hints(), Ways: e.at.ways}
}

// Close stops listening and drops every connection but the one that Connect
// returned. It returns when nothing of e is left running.
func (e *Endpoint) Close() error {
	e.work.close()
	if !e.left.Load() {
		e.at.close()
	}
	return nil
}
