// Package congestion asks for a controller of congestion that doesn't take every loss
// for one. With what systems have by default, CUBIC or Reno, a long line that loses one
// packet in a hundred carries a few per cent of what it could.
//
// Everything that carries data over TCP asks here: whoever dials or listens by Control,
// and who is handed a connection by Ask. Where the system has no such controller, or
// doesn't let a program have it, nothing changes: on Linux it lets everybody have what
// stands in net.ipv4.tcp_allowed_congestion_control.
package congestion

import (
	"context"
	"syscall"
)

// Wanted is the name of the controller that is asked for: it keeps a model of the line
// (draft-ietf-ccwg-bbr), and loss alone doesn't slow it down.
const Wanted = "bbr"

// Control is for the ControlContext of a net.Dialer. It asks for Wanted, and never
// fails.
func Control(_ context.Context, _, _ string, c syscall.RawConn) error {
	c.Control(ask)
	return nil
}

// Listening is for the Control of a net.ListenConfig, whose connections will have what
// the listener has. It asks for Wanted, and never fails.
func Listening(_, _ string, c syscall.RawConn) error {
	c.Control(ask)
	return nil
}

// Has reports whether a TCP connection has Wanted, as far as the system tells.
func Has(conn syscall.Conn) (has bool) {
	if c, err := conn.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { has = is(fd) })
	}
	return has
}

// Ask asks for Wanted on a connection that somebody else has made. Who has no socket
// is passed over.
func Ask(conn any) {
	if s, ok := conn.(syscall.Conn); ok {
		if c, err := s.SyscallConn(); err == nil {
			c.Control(ask)
		}
	}
}
