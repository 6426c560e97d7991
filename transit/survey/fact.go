package survey

import (
	"net/netip"
	"time"

	"sesame/transit/natkind"
)

// A Fact is something that was found out. It is one of the types of this file.
type Fact interface{ fact() }

// Addresses are those of this computer, loopback and link-local ones left out.
type Addresses struct {
	All []Address
	Err error // they can't be listed
}

// An Address is one of this computer.
type Address struct {
	IP        netip.Addr
	Sort      Sort
	Interface string // its name, "" if that isn't known
}

// A Sort says where an address leads.
type Sort byte

// The sorts of addresses.
const (
	Public  Sort = iota // the Internet may see it
	Private             // it is for a network of one's own
	Carrier             // it is shared by a carrier's NAT, or a VPN's
	VPN                 // by its interface, it is a VPN's
)

// Routes are the ways to the Internet.
type Routes struct {
	// V4 and V6 are the addresses that packets to the Internet come from; not valid
	// where there is no way, or none that answers find back.
	V4, V6 netip.Addr
	// Router is the one that packets of V4 go by way of; not valid if that isn't
	// one on this network.
	Router netip.Addr
}

// A Proxy says how the mailbox server is reached where a proxy is in force.
type Proxy struct {
	// Through is what the proxy is called, "" if it isn't used for this server.
	Through string
	// Variable names a proxy for servers of another Scheme; Wanted would be the
	// variable for Server. All are "" if that isn't why it isn't used.
	Variable, Scheme, Server, Wanted string
}

// Mailbox is what became of asking the mailbox server for its welcome.
type Mailbox struct {
	Host string // and port
	Err  error
	Took time.Duration // to the welcome
	Welcome
}

// A Welcome is what a mailbox server announces.
type Welcome struct {
	Address string   // of its relay, "host:port", or ""
	URL     string   // likewise, over WebSockets
	STUN    []string // each "host:port"
}

// A Page is what came with the head of the mailbox server's answer over HTTP.
type Page struct {
	Err error
	// Ahead is how far our clock is ahead of the server's, if it told the Time.
	Ahead time.Duration
	Time  bool
	// TLS is the version that is spoken, 0 if none is. Valid is how much longer the
	// certificate is.
	TLS   uint16
	Valid time.Duration
}

// A Relay is what became of one address of a relay.
type Relay struct {
	At  string // "host:port", or the URL of a WebSocket
	RTT time.Duration
	Err error // ErrHungUp, ErrTickets, a NoRelayError, or why it can't be reached
}

// A View is how this computer looks from outside, over both address families.
type View struct {
	// Named is how many STUN servers there are to ask.
	Named  int
	V4, V6 Seen
	// Route6 reports whether there is a way out over IPv6.
	Route6 bool
	// Barred is set where nothing was asked, because a proxy would not carry it.
	Barred bool
}

// Seen is what STUN servers say over one address family.
type Seen struct {
	natkind.Result
	Err error // there were none to ask, or nothing to ask with
}

// A Mapping is what the router did when it was asked to lead a port here.
type Mapping struct {
	Router bool       // there is one
	At     netip.Addr // the address where it does; not valid if it doesn't
	Err    error      // it wasn't asked
}

// Multicast has the interfaces on which computers on this network find each other.
type Multicast struct{ Interfaces []string }

// A Name is what the mailbox server's name stands for.
type Name struct {
	Host string
	IPs  []netip.Addr // 8 at most
	Err  error
}

// A Port is how an announced STUN server answers.
type Port struct {
	Server string
	V4, V6 Seen
}

func (Addresses) fact() {}
func (Routes) fact()    {}
func (Proxy) fact()     {}
func (Mailbox) fact()   {}
func (Welcome) fact()   {}
func (Page) fact()      {}
func (Relay) fact()     {}
func (View) fact()      {}
func (Mapping) fact()   {}
func (Multicast) fact() {}
func (Name) fact()      {}
func (Port) fact()      {}
