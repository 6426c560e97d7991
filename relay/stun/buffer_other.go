//go:build !linux

package stun

import "net"

// widen gives a socket room for so many bytes of packets that wait to be read, or as
// many as the system grants.
func widen(conn *net.UDPConn, size int) { conn.SetReadBuffer(size) }
