// Package hops sends single UDP packets that don't get far: a TTL is the number of
// routers, this computer not among them, that pass a packet on, and one more.
//
//	s := hops.New(conn)
//	s.Send([]byte("hello"), to, 2)   // one router passes it on, and the next drops it
//
// Where the system can't be told the TTL of one packet, that of the socket is set, and
// set back: what others send from it at the same moment may not get far, either.
package hops

import (
	"net"
	"net/netip"
)

// A Sender sends from one UDP socket for IPv4, which others may use as well. Its
// methods may be called from several goroutines.
type Sender struct {
	conn *net.UDPConn
	ways
}

// New returns a Sender. It doesn't own conn.
func New(conn *net.UDPConn) *Sender { return &Sender{conn: conn} }

// Send sends one packet, which ttl - 1 routers pass on; ttl is between 1 and 255.
func (s *Sender) Send(b []byte, to netip.AddrPort, ttl int) error { return s.send(b, to, ttl) }
