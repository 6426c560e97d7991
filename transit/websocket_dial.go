//go:build !js

package transit

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"sesame/internal/addr"
	"sesame/internal/foreign"
)

// dialWebSocket connects to url by way of at, its host and port. The TCP
// connection is made here and not by net/http, which would go on dialling
// after ctx is done, and follows no redirect to other places. It is returned
// too: closing it ends the WebSocket at once.
func dialWebSocket(ctx context.Context, url, at string, from dialer) (*websocket.Conn, io.Closer, error) {
	conn, err := from.dial(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	under := conn
	if strings.HasPrefix(strings.ToLower(url), "wss:") {
		host, _, _ := addr.Split(at)
		secure := tls.Client(conn, &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}})
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, nil, err
		}
		conn = secure
	}
	made := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:            made,
			DialTLSContext:         made,
			MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ws, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: client,
		HTTPHeader: http.Header{"User-Agent": {foreign.Agent}},
	})
	if err != nil {
		under.Close()
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			err = noRelayError(fmt.Sprintf("is no relay: HTTP status %d", resp.StatusCode))
		}
		return nil, nil, err
	}
	return ws, under, nil
}
