package relay

import (
	"bytes"
	"time"

	"sesame/internal/wire"
	"sesame/relay/stun"
)

// greet finds out from its first bytes what a connection is, and serves it.
func (s *Server) greet(c *client) {
	c.SetReadDeadline(time.Now().Add(s.live.limits().Handshake))
	buf := make([]byte, wire.MaxPlease+1)
	n := 0
	if c.proxy && !s.proxies.told(c, func(begun []byte) bool { return passOn(s, c, begun) }) {
		return
	}
	for {
		m, err := c.Conn.Read(buf[n:])
		n += m
		if passOn(s, c, buf[:n]) {
			return
		}
		if stun.Begins(buf[:n]) {
			if n < stun.Head && err == nil {
				continue
			}
			if n >= stun.Head {
				stun.ServeStream(c.Conn, buf[:n], s.live.limits().Handshake)
			}
			c.Close()
			return
		}
		line, rest, whole := bytes.Cut(buf[:n], []byte("\n"))
		begun := min(n, len(wire.Please))
		switch {
		case string(buf[:begun]) != wire.Please[:begun], !whole && n > wire.MaxPlease:
			turnAway(tcpPipe{c}, wire.BadHandshake)
			return
		case whole:
			token, side, ok := wire.ParsePlease(line)
			if !ok {
				turnAway(tcpPipe{c}, wire.BadHandshake)
			} else if len(rest) > 0 {
				turnAway(tcpPipe{c}, wire.Impatient)
			} else {
				c.SetReadDeadline(time.Time{})
				s.relay(tcpPipe{c}, c, token, side)
			}
			return
		case err != nil:
			c.Close()
			return
		}
	}
}

// passOn hands a connection over that has begun like HTTP or TLS. It reports false if it
// hasn't.
func passOn(s *Server, c *client, begun []byte) bool {
	switch {
	case len(begun) > 0 && 'A' <= begun[0] && begun[0] <= 'Z':
		c.prefix = begun
		s.queue.put(c)
		return true
	case s.curtain.takes(begun):
		s.curtain.serve(s.ctx, c, begun)
		return true
	}
	return false
}
