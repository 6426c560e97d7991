package transit

import (
	"net"
	"net/netip"

	"sesame/internal/safetext"
)

// A Kind says over what sort of path two sides are connected.
type Kind int

const (
	SameMachine    Kind = iota + 1 // directly, both on this computer
	SameNetwork                    // directly, the peer is on one of our links
	Direct                         // directly, by way of routers
	RelayTCP                       // through a relay, reached over TCP
	RelayWebSocket                 // through a relay, reached over a WebSocket
)

// A Path is a way to reach the peer.
type Path struct {
	Kind Kind
	// Remote is the address at our end: "host:port" of the peer or the relay,
	// or the URL of a WebSocket relay. It may come from the peer.
	Remote string
	// Foreign is set for a relay that only the peer named.
	Foreign bool

	host string // of Remote, as shown
}

// String describes p for a person: "direct, same network", "direct",
// "relay relay.example.org", …
func (p Path) String() string {
	switch p.Kind {
	case SameMachine:
		return "direct, same machine"
	case SameNetwork:
		return "direct, same network"
	case Direct:
		return "direct"
	case RelayTCP, RelayWebSocket:
		s := "relay " + safetext.Line(p.host, 80)
		if p.Kind == RelayWebSocket {
			s += " (WebSocket)"
		}
		if p.Foreign {
			s += ", chosen by the other side"
		}
		return s
	}
	return "no path"
}

// label names p in an error, with its address.
func (p Path) label() string {
	what := "direct "
	switch p.Kind {
	case RelayTCP, RelayWebSocket:
		what = "relay "
	}
	return what + safetext.Line(p.Remote, 80)
}

// isRelay reports whether p leads through a relay.
func (p Path) isRelay() bool { return p.Kind == RelayTCP || p.Kind == RelayWebSocket }

// directPath describes a direct connection with remote, given our own
// addresses.
func directPath(remote netip.AddrPort, own []netip.Prefix) Path {
	ip := remote.Addr().Unmap().WithZone("")
	p := Path{Kind: Direct, Remote: netip.AddrPortFrom(ip, remote.Port()).String(), host: ip.String()}
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

// addrPort returns the address of a, or the zero value if it has none.
func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}
