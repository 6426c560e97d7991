package relayed

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// A script is a connection on which a relay says what it likes, some bytes at a time.
type script struct {
	net.Conn
	said  *bytes.Reader
	piece int
	read  int
}

func (s *script) Read(p []byte) (int, error) {
	n, err := s.said.Read(p[:min(len(p), s.piece)])
	s.read += n
	return n, err
}

func (s *script) Write(p []byte) (int, error)      { return len(p), nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// FuzzJoin fails if what a relay says makes a panic, if anything else than its word
// counts as joined, if a byte of the peer's is read, or if more than a line is kept.
func FuzzJoin(f *testing.F) {
	for _, s := range []string{"ok\n", "ok\nwhat the peer says", wire.Spent, wire.NoTicket, "bad handshake\n", "impatient", "", "o", wire.Spent + wire.Over(time.Hour), wire.Spent + "over in "} {
		f.Add([]byte(s), uint8(1))
		f.Add([]byte(s), uint8(200))
	}
	f.Fuzz(func(t *testing.T, said []byte, piece uint8) {
		conn := &script{said: bytes.NewReader(said), piece: int(piece) + 1}
		err := join(conn, []byte("please relay\n"))
		if joined := bytes.HasPrefix(said, []byte(wire.Joined)); (err == nil) != joined {
			t.Fatalf("%q: %v", said, err)
		}
		if err == nil && conn.read != len(wire.Joined) || conn.read > maxBanner {
			t.Fatalf("%d bytes were read", conn.read)
		}
		none := way.NoRelayError{}
		if errors.As(err, &none) && len(none.Said) > maxBanner {
			t.Fatalf("%d bytes are kept", len(none.Said))
		}
		if len(said) == 0 && !errors.Is(err, way.ErrAlone) || len(said) > 0 && errors.Is(err, io.EOF) && errors.Is(err, way.ErrAlone) {
			t.Fatalf("%q: %v", said, err)
		}
	})
}
