package punch

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"sesame/internal/neterr"
)

// finishTime bounds how long Finish waits for the other end.
const finishTime = 2 * time.Second

// A quicConn is one QUIC connection with one stream.
type quicConn struct {
	conn    *quic.Conn
	stream  *quic.Stream
	binding []byte
	dialled bool

	reading sync.Mutex
}

func newQUICConn(conn *quic.Conn, stream *quic.Stream, binding []byte, dialled bool) *quicConn {
	return &quicConn{conn: conn, stream: stream, binding: binding, dialled: dialled}
}

// Binding returns 32 bytes that both ends know and nobody else: if somebody sits
// in between, the two ends have different ones (RFC 9266 has the idea). The
// caller must not change them.
func (c *quicConn) Binding() []byte { return c.binding }

func (c *quicConn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	n, err := c.stream.Read(p)
	return n, plainError(err)
}

func (c *quicConn) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	return n, plainError(err)
}

// plainError translates what callers of any net.Conn look for.
func plainError(err error) error {
	if neterr.Is(err, neterr.TimedOut) {
		if _, idle := err.(*quic.IdleTimeoutError); !idle {
			return os.ErrDeadlineExceeded
		}
	}
	return err
}

// Close ends the connection at once. What was written last may be lost.
func (c *quicConn) Close() error { return c.conn.CloseWithError(codeDone, "") }

// Finish ends the connection when both ends have all that was written, or after
// two seconds. No Write may be under way, and none may follow.
//
// QUIC drops what is under way when a connection is closed, and doesn't tell when
// it has arrived. But there may be only one stream at a time: when the side that
// dialled may open another one, the first is done with at the other end.
func (c *quicConn) Finish() {
	ctx, cancel := context.WithTimeout(c.conn.Context(), finishTime)
	defer cancel()
	deadline, _ := ctx.Deadline()
	c.stream.Close()
	c.stream.SetReadDeadline(deadline)
	c.reading.Lock()
	_, err := io.Copy(io.Discard, io.LimitReader(c.stream, finishBytes))
	c.reading.Unlock()
	switch {
	case err != nil:
	case c.dialled:
		c.conn.OpenStreamSync(ctx)
	default:
		<-ctx.Done()
	}
	c.Close()
}

// finishBytes is how much Finish reads of what the other end still sends.
const finishBytes = 8 << 20

func (c *quicConn) SetDeadline(t time.Time) error      { return c.stream.SetDeadline(t) }
func (c *quicConn) SetReadDeadline(t time.Time) error  { return c.stream.SetReadDeadline(t) }
func (c *quicConn) SetWriteDeadline(t time.Time) error { return c.stream.SetWriteDeadline(t) }
func (c *quicConn) LocalAddr() net.Addr                { return c.conn.LocalAddr() }
func (c *quicConn) RemoteAddr() net.Addr               { return c.conn.RemoteAddr() }
