// Package segments makes TCP connections use small segments. There are networks in
// which large packets vanish and nobody says so (RFC 2923 §2.1): a connection comes
// about there, and then it carries nothing.
package segments

import "syscall"

// Size is the most that a connection with small segments puts into a packet: what
// an IPv6 network must carry, 1280 bytes (RFC 8200 §5), without headers.
const Size = 1280 - 60

// Small is for the Control of a net.Dialer. It makes both directions of the
// connection use small segments, where the system lets us say so; elsewhere, and
// if that fails, the connection is made as usual.
func Small(network, address string, c syscall.RawConn) error {
	c.Control(set)
	return nil
}
