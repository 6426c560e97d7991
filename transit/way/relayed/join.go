package relayed

import (
	"errors"
	"io"
	"net"
	"time"

	"sesame/internal/wire"
	"sesame/transit/way"
)

const (
	// maxBanner is how much is read of what a relay says instead of "ok".
	maxBanner = 1 << 10
	// speakTime is how long a relay may take for what it has begun to say.
	speakTime = 10 * time.Second
	// unsaidDay is how long a relay is left alone that carries no more today, and doesn't say
	// when the day is over.
	unsaidDay = 15 * time.Minute
)

// join asks the relay at the other end of conn for our peer, and returns nil
// when conn is joined with somebody. That can take as long as the peer does:
// the caller closes conn to end it. Once the relay begins to speak it has
// speakTime to finish (doc/transit.md §5.1).
func join(conn net.Conn, line []byte) error {
	conn.SetWriteDeadline(time.Now().Add(speakTime))
	// In one call: over a WebSocket the line must be the whole first message.
	if _, err := conn.Write(line); err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Time{})
	var space [len(wire.Joined)]byte
	n, err := conn.Read(space[:])
	if err == nil && n < len(space) {
		conn.SetReadDeadline(time.Now().Add(speakTime))
		var k int
		k, err = io.ReadFull(conn, space[n:])
		n += k
	}
	switch {
	case err != nil && n == 0 && errors.Is(err, io.EOF):
		return way.ErrAlone
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
	switch string(said) {
	case wire.Spent:
		return &way.Refusal{Why: way.ErrSpent, Over: dayLeft(conn)}
	case wire.NoTicket:
		return &way.Refusal{Why: way.ErrNoTicket}
	}
	if said[len(said)-1] == '\n' {
		said = said[:len(said)-1]
	}
	return way.NoRelayError{Said: string(said)}
}
