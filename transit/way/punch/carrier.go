package punch

import (
	"context"
	"net"
	"net/netip"

	"sesame/transit/way"
)

// A Conn is an ordered stream of bytes in each direction, as over TCP. One goroutine
// may read, one may write, and all other methods may be called at any time.
//
// Finish ends it when both ends have all that was written, or after two seconds; Close
// at once, and what was written last may be lost.
type Conn interface {
	net.Conn
	way.Gentle
	way.Bound
}

// A carrier makes Conns over one UDP socket, which belongs to it. What finds the way
// knows nothing of it but this.
type carrier interface {
	// start takes a key that both sides of the session have.
	start(key []byte)
	// dial makes a Conn to whoever is at an address. ctx bounds the call only.
	dial(ctx context.Context, to netip.AddrPort) (Conn, error)
	// read returns the next packet that isn't the carrier's own, as long as ctx
	// lives. After an error nothing is received any more.
	read(ctx context.Context, b []byte) (n int, from netip.AddrPort, err error)
	// write sends such a packet. One that can't be sent is like one that got lost.
	write(b []byte, to netip.AddrPort)
	// close ends all Conns, and returns when nothing is left running.
	close()
}

// A gate is who a carrier asks about connections that others make.
type gate interface {
	// known reports whether the peer was at an address lately.
	known(from netip.AddrPort) bool
	// allows reports whether packets may be sent to an address that the peer seems to
	// have moved to.
	allows(to netip.AddrPort) bool
	// take takes a Conn. It waits until somebody wants it, or gone is closed, and
	// reports false if nobody does.
	take(c Conn, gone <-chan struct{}) bool
}
