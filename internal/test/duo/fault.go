package duo

import (
	"net"
	"sync/atomic"
)

// A faultConn breaks what goes through it after some bytes or calls of Write.
type faultConn struct {
	net.Conn
	writes, bytes int // what passes before it breaks; -1: no limit
	how           Fault

	lost atomic.Bool
}

// A Fault is how a connection breaks.
type Fault int

const (
	Cut    Fault = iota // the connection is closed, in the middle of what is written
	Flip                // one bit is changed
	Vanish              // nothing passes any more, in either direction
)

// Breaks returns c, which breaks after so many calls of Write or so many bytes; -1 is any
// number.
func Breaks(c net.Conn, how Fault, writes, bytes int) net.Conn {
	return &faultConn{Conn: c, how: how, writes: writes, bytes: bytes}
}

func (c *faultConn) Write(p []byte) (int, error) {
	if c.lost.Load() {
		return len(p), nil
	}
	pass := len(p)
	if c.bytes >= 0 {
		pass = min(pass, c.bytes)
		c.bytes -= pass
	}
	broken := pass < len(p)
	if c.writes >= 0 {
		if c.writes--; c.writes < 0 {
			broken, pass = true, min(pass, len(p)/2)
		}
	}
	if !broken {
		return c.Conn.Write(p)
	}
	switch c.how {
	case Flip:
		c.writes, c.bytes = -1, -1
		p = append([]byte(nil), p...)
		p[pass] ^= 0x10
		return c.Conn.Write(p)
	case Vanish:
		c.lost.Store(true)
		return len(p), nil
	}
	n, _ := c.Conn.Write(p[:pass])
	c.Conn.Close()
	return n, net.ErrClosed
}

// Read passes nothing on once the connection has vanished.
func (c *faultConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if !c.lost.Load() || err != nil {
			return n, err
		}
	}
}
