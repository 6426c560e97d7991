// Package line is a stream of bytes in each direction over UDP: sealed packets under a
// key that both sides have already, and a controller that doesn't take every loss for
// congestion.
//
//	Port      connections over one UDP socket, which others use, too
//	Conn      one of them: a net.Conn
//	machine   one end of a connection, without a socket, a clock or a goroutine:
//	          a flight of packets, an outbox and an inbox of bytes, an acker, a sizer
//	control   how fast to send, and how much may be under way: a model of the line
//
// How the two find addresses at which they hear each other isn't known here. What
// crosses, byte by byte, and why, is doc/line.md; numbers and their reasons are in
// limits.go; simulators of lines are among the tests (make sim).
package line
