//go:build !linux

package transit

import "net"

// vitalsOf returns what the system knows of a TCP connection: nothing that is the same
// on all of them.
func vitalsOf(net.Conn) vitals { return vitals{} }

// slowedByLoss reports whether a connection is known to have a controller that takes every
// loss for congestion: that is what there is by default.
func slowedByLoss(conn net.Conn) bool {
	_, tcp := conn.(*net.TCPConn)
	return tcp
}
