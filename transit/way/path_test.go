package way

import (
	"testing"
	"time"
)

// Fails if people, or programs, aren't told over what sort of path two computers
// are connected, or how far away the other one is.
func TestPathInWords(t *testing.T) {
	for _, c := range []struct {
		path Path
		want string
		kind string
	}{
		{Path{Kind: SameMachine, RTT: 30 * time.Microsecond}, "direct, same machine (<0.1 ms)", "same-machine"},
		{Path{Kind: SameNetwork, RTT: 420 * time.Microsecond}, "direct, same network (0.4 ms)", "same-network"},
		{Path{Kind: Direct, RTT: 9960 * time.Microsecond}, "direct (10 ms)", "direct"},
		{Path{Kind: ThroughNAT, RTT: 31 * time.Millisecond}, "direct, through NAT (31 ms)", "nat"},
		{Path{Kind: ThroughNAT}, "direct, through NAT", "nat"},
		{Path{Kind: RelayTCP, Host: "relay.example.org", RTT: 1480 * time.Millisecond}, "relay relay.example.org (1480 ms)", "relay-tcp"},
		{Path{Kind: RelayWebSocket, Host: "evil\x1b[2J", Foreign: true, RTT: 48 * time.Millisecond},
			`relay evil\u{1b}[2J (WebSocket), chosen by the other side (48 ms)`, "relay-websocket"},
		{Path{}, "no path", "Kind(0)"},
		{Path{Kind: RelayWebSocket, Host: "relay.example.org", RTT: 48 * time.Millisecond}, "relay relay.example.org (WebSocket) (48 ms)", "relay-websocket"},
	} {
		if got := c.path.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got := c.path.Kind.String(); got != c.kind {
			t.Errorf("kind %q, want %q", got, c.kind)
		}
	}
}
