package way

import (
	"fmt"
	"net/netip"
	"time"

	"sesame/internal/safetext"
)

// A Kind says over what sort of path two sides are connected.
type Kind int

const (
	SameMachine    Kind = iota + 1 // directly, both on this computer
	SameNetwork                    // directly, the peer is on one of our links
	Direct                         // directly, by way of routers
	ThroughNAT                     // directly, past address translators that had to be opened first
	RelayTCP                       // through a relay, reached over TCP
	RelayWebSocket                 // through a relay, reached over a WebSocket
)

// String returns a word for programs to tell kinds apart: "same-machine",
// "same-network", "direct", "nat", "relay-tcp" or "relay-websocket".
func (k Kind) String() string {
	switch k {
	case SameMachine:
		return "same-machine"
	case SameNetwork:
		return "same-network"
	case Direct:
		return "direct"
	case ThroughNAT:
		return "nat"
	case RelayTCP:
		return "relay-tcp"
	case RelayWebSocket:
		return "relay-websocket"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Relayed reports whether paths of the kind lead through a relay.
func (k Kind) Relayed() bool { return k == RelayTCP || k == RelayWebSocket }

// A Path is a way to reach the peer.
type Path struct {
	Kind Kind
	// Remote is the address at our end: "host:port" of the peer or the relay,
	// or the URL of a WebSocket relay. It may come from the peer.
	Remote string
	// Foreign is set for a relay that only the peer named.
	Foreign bool
	// RTT is how long a message to the peer and its answer take together, as
	// measured last; 0 if that isn't known. The peer can make it longer.
	RTT time.Duration
	// Via is the name of what is between us and a relay, "" for nothing.
	Via string
	// Host is that of Remote, as a person is shown it.
	Host string
	// Embedded is set if the relay is part of one of the two programs.
	Embedded bool
	// Over is the tier of a path that leads through no relay.
	Over Tier
	// Use is what it does for a session; zero where it is the only one and nothing is
	// known.
	Use Use
}

// A Use is what a path does for a session that has it, beside others or alone.
type Use struct {
	// Why is why it carries most: "only" or "" if there is no other, "faster", or
	// "nearer" if others rest that could do as well, but lead through a relay.
	Why     string
	Direct  bool    // a way that leads through no relay is there
	Carries int64   // bytes a second of late, in both directions; 0 while unknown
	Share   float64 // its part of what all paths carry, 0 to 1
}

// String describes p for a person, with its round-trip time if that is known:
// "direct, same network (0.4 ms)", "direct, through NAT (31 ms)", "relay
// relay.example.org (48 ms)", "relay relay.example.org (WebSocket), through Tor", …
func (p Path) String() string {
	words := p.Words()
	if p.RTT <= 0 {
		return words
	}
	return fmt.Sprintf("%s (%s)", words, milliseconds(p.RTT))
}

// Words is String without the round-trip time.
func (p Path) Words() string {
	if p.Embedded {
		return "direct, on the port of the sender's mailbox"
	}
	switch p.Kind {
	case SameMachine:
		return "direct, same machine"
	case SameNetwork:
		return "direct, same network"
	case Direct:
		return "direct"
	case ThroughNAT:
		return "direct, through NAT"
	case RelayTCP, RelayWebSocket:
		s := "relay " + safetext.Line(p.Host, 80)
		if p.Kind == RelayWebSocket {
			s += " (WebSocket)"
		}
		if p.Via != "" {
			s += ", through " + safetext.Line(p.Via, 80)
		}
		if p.Foreign {
			s += ", chosen by the other side"
		}
		if p.Use.Why == "faster" && p.Use.Direct {
			s += ", faster here than the direct way"
		}
		return s
	}
	return "no path"
}

// milliseconds writes a round-trip time with two digits that mean something.
func milliseconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 0.1:
		return "<0.1 ms"
	case ms < 9.95:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return fmt.Sprintf("%.0f ms", ms)
	}
}

// Label names p in an error, with its address.
func (p Path) Label() string {
	what := "direct "
	switch {
	case p.Embedded:
		what = "the mailbox's port "
	case p.Kind.Relayed():
		what = "relay "
	}
	if what += safetext.Line(p.Remote, 80); p.Via != "" {
		what += " through " + safetext.Line(p.Via, 80)
	}
	return what
}

// Datagrams reports whether p leads straight to the peer over UDP, which costs more to
// compute than TCP.
func (p Path) Datagrams() bool { return p.Tier() == Punched }

// Tier returns how good p is.
func (p Path) Tier() Tier {
	if p.Kind.Relayed() {
		return Relayed
	}
	return p.Over
}

// DirectPath describes a direct connection with remote, given our own
// addresses.
func DirectPath(remote netip.AddrPort, own []netip.Prefix) Path {
	ip := remote.Addr().Unmap().WithZone("")
	p := Path{Kind: Direct, Remote: netip.AddrPortFrom(ip, remote.Port()).String(), Host: ip.String()}
	for _, prefix := range own {
		if prefix.Addr() == ip {
			p.Kind = SameMachine
			return p
		}
		if prefix.Masked().Contains(ip) {
			p.Kind = SameNetwork
		}
	}
	if ip.IsLoopback() {
		p.Kind = SameMachine
	}
	return p
}
