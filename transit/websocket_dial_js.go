package transit

import (
	"context"
	"io"

	"github.com/coder/websocket"
)

// dialWebSocket connects to url the browser's way.
func dialWebSocket(ctx context.Context, url, _ string, _ dialer) (*websocket.Conn, io.Closer, error) {
	ws, _, err := websocket.Dial(ctx, url, nil)
	return ws, browserEnd{ws}, err
}

// browserEnd closes a WebSocket of which there is nothing underneath.
type browserEnd struct{ ws *websocket.Conn }

func (b browserEnd) Close() error { return b.ws.CloseNow() }
