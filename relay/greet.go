package relay

import (
	"bytes"
	"time"

	"sesame/relay/stun"
)

// maxLine is the longest relay line in bytes, its newline included. The longest
// that makes sense has 104.
const maxLine = 256

// Lines that the relay sends. doc/relay.md §4.
const (
	lineOK        = "ok\n"
	lineBad       = "bad handshake\n"
	lineImpatient = "impatient\n"
)

// What the others begin with; HTTP begins with the capitals of a method.
const (
	linePrefix = "please relay "
	stunPrefix = "\x00\x01"
)

// What makes a message one of STUN stands in its first bytes: the type, a length
// that is a multiple of 4, and the magic cookie (RFC 8489 §5).
const (
	stunHead   = 8
	stunCookie = "\x21\x12\xa4\x42"
)

// beginsSTUN reports whether a connection whose first bytes these are, stunHead of
// them at most, can be one of STUN.
func beginsSTUN(b []byte) bool {
	n := min(len(b), len(stunPrefix))
	if n == 0 || string(b[:n]) != stunPrefix[:n] || len(b) > 3 && b[3]&3 != 0 {
		return false
	}
	return len(b) <= 4 || string(b[4:]) == stunCookie[:len(b)-4]
}

// greet finds out from its first bytes what a connection is, and serves it.
func (s *Server) greet(c *client) {
	c.SetReadDeadline(time.Now().Add(s.limits.Handshake))
	buf := make([]byte, maxLine+1)
	n := 0
	for {
		m, err := c.Conn.Read(buf[n:])
		n += m
		if n > 0 && 'A' <= buf[0] && buf[0] <= 'Z' {
			c.prefix = buf[:n]
			s.queue.put(c)
			return
		}
		if beginsSTUN(buf[:min(n, stunHead)]) {
			if n < stunHead && err == nil {
				continue
			}
			if n >= stunHead {
				stun.ServeStream(c.Conn, buf[:n], s.limits.Handshake)
			}
			c.Close()
			return
		}
		line, rest, whole := bytes.Cut(buf[:n], []byte("\n"))
		begun := min(n, len(linePrefix))
		switch {
		case string(buf[:begun]) != linePrefix[:begun], !whole && n > maxLine:
			turnAway(tcpPipe{c}, lineBad)
			return
		case whole:
			token, side, ok := parseRelayLine(line)
			if !ok {
				turnAway(tcpPipe{c}, lineBad)
			} else if len(rest) > 0 {
				turnAway(tcpPipe{c}, lineImpatient)
			} else {
				c.SetReadDeadline(time.Time{})
				s.relay(tcpPipe{c}, c.source, token, side)
			}
			return
		case err != nil:
			c.Close()
			return
		}
	}
}

// parseRelayLine reads a relay line without its newline. An empty side is that
// of a client that didn't name one.
func parseRelayLine(line []byte) (token, side string, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(linePrefix))
	if !ok || len(rest) < 64 || !isWord(rest[:64]) {
		return "", "", false
	}
	token, rest = string(rest[:64]), rest[64:]
	if len(rest) == 0 {
		return token, "", true
	}
	rest, ok = bytes.CutPrefix(rest, []byte(" for side "))
	if !ok || len(rest) != 16 || !isWord(rest) {
		return "", "", false
	}
	return token, string(rest), true
}

func isWord(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_') {
			return false
		}
	}
	return true
}
