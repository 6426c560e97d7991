package transit

import (
	"context"

	"github.com/coder/websocket"
)

// dialWebSocket connects to url the browser's way.
func dialWebSocket(ctx context.Context, url, _ string, _ dialer) (*websocket.Conn, error) {
	ws, _, err := websocket.Dial(ctx, url, nil)
	return ws, err
}
