package way

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
	"sesame/internal/safetext"
)

// Config says which paths may be used. The zero value is ready to use, and nil
// stands for it. It may be shared; who gets it copies it.
type Config struct {
	// Relays are offered to the peer and tried. Nil stands for the public one;
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
	// STUNOther is another UDP port at which the first of STUN answers, and from
	// which it answers if it is asked to (RFC 5780 §7.2); 0 if that isn't known.
	STUNOther uint16
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
	// Roots are who may have signed the certificates of relays (wss://). A browser
	// doesn't ask for it. Default: the system's.
	Roots *CertPool
	// Joining is told the token with which this side asks relays for its peer (doc/transit.md
	// §5.1), before it asks one; for a program that runs a relay itself. It must return at
	// once. Default none.
	Joining func(token string)
	// Trying is called whenever an address or a relay begins to be tried, from any
	// goroutine. It must return at once. Default none.
	Trying func()
	// Refused is called whenever a relay gives a Refusal, and whenever it isn't asked because of
	// one, with its reason, from any goroutine. It must return at once. Default none.
	Refused func(at Path, why Why)
	// Idle is how long a Conn waits for a byte when it reads or writes; below
	// 0 for ever. Default 60 s.
	Idle time.Duration
	// Logger gets what happens to paths; at level Info and above without
	// addresses, at level Debug with them, for the person at this computer only.
	// Default silent.
	Logger *slog.Logger
	// Ways are the sorts of path. Default: all that this system has. Who sets it reads
	// the peer's hints with the same (transit.Message).
	Ways *Set
}

// A Relay is a server that joins two connections. Either address may be empty,
// not both; a browser needs URL, most other peers Address.
type Relay struct {
	Address string // TCP, "host:port"
	URL     string // WebSocket, "ws://…" or "wss://…", without credentials
	// Embedded says that the relay runs inside one of the two programs, and
	// that the peer knows its own way to it. The peer isn't told of it, and the
	// path through it, which no third party sees, counts as direct in words.
	Embedded bool
	// Lanes is how many connections two sides may have through it for one session, as
	// it says; 2 stands for 0, where it says nothing. Only Lanes use more than one.
	Lanes int
	// Ticket returns what is shown to it, and to no other relay: that which its mailbox server
	// has given this side last, "" as long as there is none. It is called whenever the relay is
	// asked, from any goroutine, since a session may outlive a ticket, and must return at once.
	// Default: none is shown.
	Ticket func() string
}

// Check returns an error unless r has an address that can be one.
func (r Relay) Check() error {
	p := Policy{AnyPort: true, AnyTarget: true, Onion: true}
	if r.Address == "" && r.URL == "" {
		return errors.New("relay without an address")
	}
	if r.Address != "" {
		host, port, err := addr.Split(r.Address)
		if err != nil || p.CheckHostPort(host, port) != nil {
			return fmt.Errorf("relay %q: want host:port", safetext.Line(r.Address, 80))
		}
	}
	if r.URL != "" {
		host, port, err := ParseURL(r.URL)
		if err == nil {
			err = p.CheckHostPort(host, port)
		}
		if err != nil {
			return fmt.Errorf("relay %q: want ws://… or wss://… without credentials", safetext.Line(r.URL, 80))
		}
	}
	return nil
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

// A ViaError is an error of what stands between us and a relay, which tells of
// itself.
type ViaError struct{ Err error }

func (e *ViaError) Error() string { return e.Err.Error() }
func (e *ViaError) Unwrap() error { return e.Err }

// A Refusal is what a relay says that carries nothing for this computer, for a reason that stays
// the same when it is asked again.
type Refusal struct {
	Why Why // ErrSpent or ErrNoTicket
	// Over is in how long that may be over; 0 for not before this side comes from elsewhere, or
	// with another ticket.
	Over time.Duration
}

func (e *Refusal) Error() string { return e.Why.Error() }
func (e *Refusal) Unwrap() error { return e.Why }

// A NoRelayError says how something answered that doesn't act as a relay.
type NoRelayError struct {
	Said   string // a line, as it came
	Status int    // of HTTP, instead
}

func (e NoRelayError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("is no relay: HTTP status %d", e.Status)
	}
	return fmt.Sprintf("said %q", safetext.Line(e.Said, 60))
}
