package transit

import "sesame/transit/way"

// What is the same for all sorts of path stands in package way. These are its names
// that users of this package need.
type (
	// A Hint is an address at which its sender can be reached.
	Hint = way.Hint
	// A Kind says over what sort of path two sides are connected.
	Kind = way.Kind
	// A Path is a way to reach the peer.
	Path = way.Path
	// A Relay is a server that joins two connections.
	Relay = way.Relay
	// A Via is a way to a relay: directly, or through a proxy.
	Via = way.Via
)

// The kinds of Path.
const (
	SameMachine    = way.SameMachine
	SameNetwork    = way.SameNetwork
	Direct         = way.Direct
	ThroughNAT     = way.ThroughNAT
	RelayTCP       = way.RelayTCP
	RelayWebSocket = way.RelayWebSocket
)
