package relayed

import (
	"context"
	"net"

	"sesame/internal/pagesocket"
	"sesame/transit/way"
)

// maxReceived is the largest WebSocket message taken, in bytes: relays pass on what
// they got, 32 KiB of it as a rule.
const maxReceived = 1 << 20

// wsConn makes a byte stream of a page's WebSocket.
type wsConn struct{ net.Conn }

// Finish closes the connection; what was written still leaves.
func (c *wsConn) Finish() { c.Close() }

// dialWebSocket connects to url the browser's way.
func dialWebSocket(ctx context.Context, url, _ string, _ way.Dialer, _ *way.CertPool) (net.Conn, error) {
	ws, err := pagesocket.Dial(ctx, url, maxReceived)
	if err != nil {
		return nil, err
	}
	return &wsConn{pagesocket.NewStream(ws)}, nil
}
