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
// The peer's hints are not trusted: see policy.go. Nothing that is sent in
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
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"sesame/internal/wire"
)

// A Role is a side of a connection. It is independent of who dials: of a classic one
// the sender of files leads, of a native session its first side (doc/native.md §2.1),
// whoever sends.
type Role int

const (
	Leader   Role = iota + 1 // decides which path is used
	Follower                 // follows
)

// other returns the peer's role.
func (r Role) other() Role { return Leader + Follower - r }

// A Relay is a server that joins two connections. Either address may be empty,
// not both; a browser needs URL, most other peers Address.
type Relay struct {
	Address string // TCP, "host:port"
	URL     string // WebSocket, "ws://…" or "wss://…", without credentials
	// Embedded says that the relay runs inside one of the two programs, and
	// that the peer knows its own way to it. The peer isn't told of it, and the
	// path through it, which no third party sees, counts as direct in words.
	Embedded bool
}

// DefaultRelay is the TCP address of the relay that the public Magic Wormhole
// servers offer.
const DefaultRelay = "transit.magic-wormhole.io:4001"

// Config says which paths may be used. The zero value is ready to use, and nil
// stands for it. It may be shared; Listen copies it.
type Config struct {
	// Relays are offered to the peer and tried. Nil stands for DefaultRelay;
	// an empty list for none. The peer's relays are tried too.
	Relays []Relay
	// NoDirect hides our addresses: none is listened on or offered, and none
	// of the peer's is dialled. Default false.
	NoDirect bool
	// NoRelay uses direct paths only. Default false.
	NoRelay bool
	// OwnRelaysOnly leaves out relays that only the peer named. Default false.
	OwnRelaysOnly bool
	// OnLinkOnly dials private addresses of the peer only if they are on one
	// of our own links. By default one of our addresses in the same private
	// block (10/8, 172.16/12, 192.168/16, 100.64/10, an IPv6 /48) is enough.
	OnLinkOnly bool
	// NoPortMapping asks no router to lead a port to this computer. Default false:
	// Lanes ask the default gateway, unless NoDirect or Dialer is set.
	NoPortMapping bool
	// AllowLoopback offers and dials loopback addresses. Default false: they
	// are offered only if there are no others, and never dialled.
	AllowLoopback bool
	// STUN names servers, "host:port", that tell what this computer looks like
	// from outside; at most 4 of them are asked. Only Lanes use them. Default
	// none.
	STUN []string
	// Outside is the address at which others see this computer, as the mailbox
	// server tells. Many NATs keep the numbers of ports, so the peer is told to
	// try ours there, without a STUN server. Only Lanes use it. Default unknown.
	Outside netip.Addr
	// NoUDP sends no UDP, which would go past a proxy. Default false. It is
	// implied by NoDirect and by a Dialer.
	NoUDP bool
	// Dialer makes all outgoing connections, when set. It must return soon
	// after ctx is done. It gets names of relays unresolved, so checking
	// what a name that the peer chose resolves to is up to it. Default: TCP
	// with the checks of the dial policy.
	Dialer func(ctx context.Context, network, addr string) (net.Conn, error)
	// Via says by which ways a relay can be reached, best first, at least one.
	// Scheme is "tcp", "ws" or "wss"; addr is "host:port". It is asked before
	// each search, and doesn't hold for peers. Default: by Dialer.
	Via func(scheme, addr string) []Via
	// Joining is told the token with which this side asks relays for its peer (doc/transit.md
	// §5.1), before it asks one; for a program that runs a relay itself. It must return at
	// once. Default none.
	Joining func(token string)
	// Idle is how long a Conn waits for a byte when it reads or writes; below
	// 0 for ever. Default 60 s.
	Idle time.Duration
	// Logger gets what happens to paths; at level Info and above without
	// addresses, at level Debug with them, for the person at this computer only.
	// Default silent.
	Logger *slog.Logger
}

// A Via is a way to a relay: directly, or through a proxy.
type Via struct {
	// Name says to a person what is in between, as in "the proxy
	// proxy.example.org:3128". It is "" for the direct way, by Config.Dialer.
	Name string
	// Dial makes the connections of a way that isn't direct, under the contract
	// of Config.Dialer. It should look up no names, since the peer chose some.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Onion is set if names that end in .onion mean something there. Then there
	// are no private addresses.
	Onion bool
}

// dial is Dial with errors that say that they come from it.
func (v Via) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := v.Dial(ctx, network, addr)
	if err != nil {
		return nil, &viaError{err}
	}
	return conn, nil
}

// rules returns those for addresses that are reached by v.
func (v Via) rules(p policy) policy {
	p.remote, p.onion = v.Name != "", v.Onion
	if v.Onion {
		p.own = nil
	}
	return p
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
		if err := r.check(); err != nil {
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
	site site
	work *reach
	used atomic.Bool
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
	here, err := findSite(ctx, !full.NoDirect)
	if err != nil {
		full.Logger.Info("not listening", "error", err)
	}
	here.log(full.Logger)
	return newEndpoint(role, key, full, here), nil
}

// newEndpoint is Listen for a full configuration and a known site.
func newEndpoint(role Role, key []byte, cfg Config, here site) *Endpoint {
	if len(key) != KeySize {
		panic(fmt.Sprintf("transit: key of %d bytes, want %d", len(key), KeySize))
	}
	if role != Leader && role != Follower {
		panic("transit: neither Leader nor Follower")
	}
	e := &Endpoint{role: role, key: append([]byte(nil), key...), cfg: cfg, site: here}
	hello := cfg.joinLine(derive(key, "transit_relay_token"))
	e.work = newReach(deriveLines(key).handshake(role), hello, here, cfg.Logger)
	return e
}

// Message returns what the peer must be told to reach this side. It says
// nothing of the key.
func (e *Endpoint) Message() Message { return e.cfg.message(e.site) }

// joinLine returns what this side says to relays, and says with which token to who
// wants to know.
func (c *Config) joinLine(token []byte) []byte {
	if c.Joining != nil {
		c.Joining(hex.EncodeToString(token))
	}
	return wire.PleaseRelay(token, newSide())
}

// message returns what a peer is told of a site.
func (c *Config) message(here site) Message {
	m := Message{Abilities: c.Abilities()}
	if !c.NoDirect {
		m.Hints = here.ownHints(c.AllowLoopback)
	}
	if !c.NoRelay {
		for _, r := range c.Relays {
			if !r.Embedded {
				m.Hints = append(m.Hints, r.hint())
			}
		}
	}
	return m
}

// Close stops listening and drops every connection but the one that Connect
// returned. It returns when nothing of e is left running.
func (e *Endpoint) Close() error {
	e.work.close()
	return nil
}
