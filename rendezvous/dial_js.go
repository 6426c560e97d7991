package rendezvous

import (
	"context"
	"net/http"
	"net/url"

	"github.com/coder/websocket"
)

// dialer returns what makes connections to u, through the browser.
func dialer(u *url.URL, _ *http.Client) (dial func(context.Context) (socket, error), end func()) {
	return func(ctx context.Context) (socket, error) {
		conn, _, err := websocket.Dial(ctx, u.String(), nil)
		if err != nil {
			return nil, err
		}
		return newWebSocket(conn), nil
	}, func() {}
}
