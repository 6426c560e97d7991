package transit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"sesame/internal/addr"
	"sesame/internal/safetext"
	"sesame/internal/wire"
)

// maxBanner is how much is read of what a relay says instead of "ok".
const maxBanner = 1 << 10

// partnerError marks failures of a connection that a relay had joined with
// another: the next partner may be the right one.
type partnerError struct{ err error }

func (e *partnerError) Error() string { return e.err.Error() }
func (e *partnerError) Unwrap() error { return e.err }

// A noRelayError says how something answered that doesn't act as a relay.
type noRelayError string

func (e noRelayError) Error() string { return string(e) }

var errAlone = errors.New("was reached, but the other computer did not come")

// check returns an error unless r has an address that can be one.
func (r Relay) check() error {
	p := policy{anyPort: true, anyTarget: true, onion: true}
	if r.Address == "" && r.URL == "" {
		return errors.New("relay without an address")
	}
	if r.Address != "" {
		host, port, err := addr.Split(r.Address)
		if err != nil || p.checkHostPort(host, port) != nil {
			return fmt.Errorf("relay %q: want host:port", safetext.Line(r.Address, 80))
		}
	}
	if r.URL != "" {
		host, port, err := parseURL(r.URL)
		if err == nil {
			err = p.checkHostPort(host, port)
		}
		if err != nil {
			return fmt.Errorf("relay %q: want ws://… or wss://… without credentials", safetext.Line(r.URL, 80))
		}
	}
	return nil
}

// hint returns what a peer is told of r.
func (r Relay) hint() Hint {
	h := Hint{Type: typeRelay}
	if r.Address != "" {
		host, port, _ := addr.Split(r.Address)
		h.Hints = append(h.Hints, Hint{Type: typeDirect, Hostname: host, Port: int(port)})
	}
	if r.URL != "" {
		h.Hints = append(h.Hints, Hint{Type: typeWebSocket, URL: r.URL}, Hint{Type: typeWebSocketV1, URL: r.URL})
	}
	return h
}

// join asks the relay at the other end of conn for our peer, and returns nil
// when conn is joined with somebody. That can take as long as the peer does:
// the caller closes conn to end it. Once the relay begins to speak it has
// handshakeTime to finish (doc/transit.md §5.1).
func join(conn net.Conn, line []byte) error {
	conn.SetWriteDeadline(time.Now().Add(handshakeTime))
	// In one call: over a WebSocket the line must be the whole first message.
	if _, err := conn.Write(line); err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Time{})
	var space [len(wire.Joined)]byte
	n, err := conn.Read(space[:])
	if err == nil && n < len(space) {
		conn.SetReadDeadline(time.Now().Add(handshakeTime))
		var k int
		k, err = io.ReadFull(conn, space[n:])
		n += k
	}
	switch {
	case err != nil && n == 0 && errors.Is(err, io.EOF):
		return errAlone
	case err != nil:
		return err
	case string(space[:]) == wire.Joined:
		conn.SetReadDeadline(time.Time{})
		return nil
	}
	return refusedBy(conn, space[:])
}

// refusedBy reads the rest of a relay's first line, as far as it comes soon,
// for the error.
func refusedBy(conn net.Conn, begun []byte) error {
	conn.SetReadDeadline(time.Now().Add(time.Second))
	said := begun
	for len(said) < maxBanner && said[len(said)-1] != '\n' {
		var b [1]byte
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			break
		}
		said = append(said, b[0])
	}
	if said[len(said)-1] == '\n' {
		said = said[:len(said)-1]
	}
	return noRelayError(fmt.Sprintf("said %q", safetext.Line(string(said), 60)))
}
