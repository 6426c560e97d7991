// Package natkind finds out how a NAT in front of this computer behaves, by
// asking STUN servers from which address its packets come.
//
//	socket A    Binding                 ──►  server, port 1      mapped to M1
//	            Binding                 ──►  server, port 2      mapped to M2
//	            Binding                 ──►  other servers       mapped to M3, …
//	socket B    Binding                 ──►  server, port 1
//	            Binding, CHANGE-REQUEST ──►  server, port 1
//	                                    ◄──  from port 2, if the NAT lets it in
//
// Whether M1, M2 and M3 are the same is the NAT's mapping behaviour; whether the
// last answer arrives, to a socket that has sent nothing to port 2, is its
// filtering behaviour (RFC 4787 §4.1 and §5, RFC 5780 §4). Servers have one address
// here, as most do, so some behaviours can't be told apart; the names say so.
//
// Answers are hostile: they count if they come from where the question went, once,
// and repeat its number. Port 2 is on the server's own address, whatever it says.
package natkind

import (
	"net/netip"
	"time"
)

// A Behavior says on what a NAT's choice depends, beside the internal endpoint.
type Behavior int

const (
	Unknown Behavior = iota
	// EndpointIndependent: on nothing else.
	EndpointIndependent
	// PortIndependent: on the external address at most. It is one of
	// EndpointIndependent and AddressDependent, and one server can't tell which.
	PortIndependent
	// AddressDependent: on the external address.
	AddressDependent
	// AddressAndPortDependent: on the external endpoint.
	AddressAndPortDependent
)

func (b Behavior) String() string {
	switch b {
	case EndpointIndependent:
		return "endpoint-independent"
	case PortIndependent:
		return "endpoint-independent or address-dependent"
	case AddressDependent:
		return "address-dependent"
	case AddressAndPortDependent:
		return "address-and-port-dependent"
	}
	return "unknown"
}

// A Result is what was found out about one address family.
type Result struct {
	// Asked is how many servers were asked, Answered how many did.
	Asked, Answered int
	// RTT is the shortest round trip to a server; 0 if none answered.
	RTT time.Duration
	// Mapped is where our packets come from. It is not valid if no server
	// answered.
	Mapped netip.AddrPort
	// Translated reports whether that isn't an address of this computer.
	Translated bool
	// Mapping is the behaviour of the NAT, EndpointIndependent if there is none.
	Mapping Behavior
	// Filtering is that of the NAT, or of a firewall.
	Filtering Behavior
}

// Symmetric reports whether each peer sees another port of ours, so that what
// servers see is of no use to peers.
func (r *Result) Symmetric() bool {
	return r.Mapping == AddressAndPortDependent || r.Mapping == AddressDependent
}
