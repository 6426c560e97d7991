package transit

import (
	"context"
	"net"
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
	return dialWebSocket(ctx, r.to.Remote, r.addr, r.from)
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
