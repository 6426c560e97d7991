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
	// A Use is what a path does for a session.
	Use = way.Use
	// A Relay is a server that joins two connections.
	Relay = way.Relay
	// A Via is a way to a relay: directly, or through a proxy.
	Via = way.Via
	// CertPool is the standard library's, in package crypto/x509.
	CertPool = way.CertPool
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

// What says in a NoPathError why something isn't a way.
type (
	// A NoWay is a reason that is one of the list below.
	NoWay = way.Why
	// A ViaError is one of what stands before a relay.
	ViaError = way.ViaError
	// A NoRelayError says how something answered that is no relay.
	NoRelayError = way.NoRelayError
)

// The reasons.
const (
	ErrNeverDialled = way.ErrNeverDialled
	ErrLoopback     = way.ErrLoopback
	ErrPrivate      = way.ErrPrivate
	ErrPort         = way.ErrPort
	ErrName         = way.ErrName
	ErrLocalName    = way.ErrLocalName
	ErrOnion        = way.ErrOnion
	ErrTheirs       = way.ErrTheirs
	ErrAlone        = way.ErrAlone
	ErrSpent        = way.ErrSpent
	ErrNoTicket     = way.ErrNoTicket
	ErrNoTCP        = way.ErrNoTCP
	ErrURL          = way.ErrURL
)
