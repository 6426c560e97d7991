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
	"net"
	"syscall"
)

// Wanted is the name of the controller that is asked for: it keeps a model of the line
// (draft-ietf-ccwg-bbr), and loss alone doesn't slow it down.
const Wanted = "bbr"

// Inside is the name of the controller that is asked for where a connection doesn't leave the machine, as from a web
// server in front of a relay. Nothing is lost there, and Wanted paces what it sends: a timer for each
// 64 KiB, which takes a third of the processor time of a relay that carries gigabytes a second.
// Every Linux has this one and lets everybody have it.
const Inside = "reno"

// Control is for the ControlContext of a net.Dialer. It asks for Wanted, and never
// fails.
func Control(_ context.Context, _, _ string, c syscall.RawConn) error {
	c.Control(wanted)
	return nil
}

// Listening is for the Control of a net.ListenConfig, whose connections will have what
// the listener has. It asks for Wanted, and never fails.
func Listening(_, _ string, c syscall.RawConn) error {
	c.Control(wanted)
	return nil
}

// Has reports whether a TCP connection has Wanted, as far as the system tells.
func Has(conn syscall.Conn) (has bool) {
	if c, err := conn.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { has = is(fd) })
	}
	return has
}

// Ask asks for Wanted, or Inside, on a connection that somebody else has made. Who has no socket
// is passed over.
func Ask(conn any) {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	name := Wanted
	if c, ok := conn.(net.Conn); ok && inside(c.RemoteAddr()) {
		name = Inside
	}
	if c, err := s.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { ask(fd, name) })
	}
}

// inside reports whether who is at an address is on this machine, as far as that shows.
func inside(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

func wanted(fd uintptr) { ask(fd, Wanted) }
