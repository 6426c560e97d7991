package transit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/coder/websocket"
)

// maxMessage is the largest WebSocket message sent, in bytes. Relays pass
// messages on as they are, and peers have limits.
const maxMessage = 32 << 10

// wsRoute is the WebSocket address of a relay.
type wsRoute struct {
	to   Path // Remote is the URL
	addr string
	from dialer
}

func (r wsRoute) path() Path { return r.to }

func (r wsRoute) dial(ctx context.Context) (net.Conn, error) {
	ws, under, err := dialWebSocket(ctx, r.to.Remote, r.addr, r.from)
	if err != nil {
		return nil, err
	}
	return &wsConn{websocket.NetConn(context.Background(), ws, websocket.MessageBinary), ws, under}, nil
}

// wsConn makes a byte stream of a WebSocket. A deadline that passes while a
// call waits breaks the connection.
type wsConn struct {
	net.Conn
	ws    *websocket.Conn
	under io.Closer // what ws runs on
}

// LocalAddr returns our end of what the WebSocket runs on.
func (c *wsConn) LocalAddr() net.Addr {
	if under, ok := c.under.(net.Conn); ok {
		return under.LocalAddr()
	}
	return c.Conn.LocalAddr()
}

// Write sends p in messages of at most maxMessage bytes.
func (c *wsConn) Write(p []byte) (int, error) {
	n := 0
	for {
		k, err := c.Conn.Write(p[n:min(len(p), n+maxMessage)])
		if n += k; err != nil || n == len(p) {
			return n, err
		}
	}
}

// Read returns io.EOF only after an orderly end.
func (c *wsConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && err != io.EOF && errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: WebSocket ended without a close frame", io.ErrUnexpectedEOF)
	}
	return n, err
}

// Close drops the connection at once, even while finish runs.
func (c *wsConn) Close() error {
	err := c.under.Close()
	c.ws.CloseNow()
	return err
}

// finish sends the close frame, reads until the other end's, for drainTime at
// most, and closes. A read in another goroutine may get the other end's instead.
func (c *wsConn) finish() {
	late := time.AfterFunc(drainTime, func() { c.under.Close() })
	defer late.Stop()
	c.ws.Close(websocket.StatusNormalClosure, "")
}
