//go:build !js

package relayed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/addr"
	"sesame/internal/foreign"
	"sesame/transit/way"
)

// dialWebSocket connects to url by way of at, its host and port; with TLS, if roots have
// signed the certificate. The TCP
// connection is made here and not by net/http, which would go on dialling
// after ctx is done, and follows no redirect to other places.
func dialWebSocket(ctx context.Context, url, at string, from way.Dialer, roots *x509.CertPool) (net.Conn, error) {
	conn, err := from.Dial(ctx, at)
	if err != nil {
		return nil, err
	}
	under := conn
	if strings.HasPrefix(strings.ToLower(url), "wss:") {
		host, _, _ := addr.Split(at)
		secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: roots, NextProtos: []string{"http/1.1"}})
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
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
			err = way.NoRelayError{Status: resp.StatusCode}
		}
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

// Read returns io.EOF only after an orderly end.
func (c *wsConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && err != io.EOF && errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: WebSocket ended without a close frame", io.ErrUnexpectedEOF)
	}
	return n, err
}

// Close drops the connection at once, even while Finish runs.
func (c *wsConn) Close() error {
	err := c.under.Close()
	c.ws.CloseNow()
	return err
}

// finishTime is how long Finish waits for the other end.
const finishTime = 2 * time.Second

// Finish sends the close frame, reads until the other end's, for finishTime at
// most, and closes. A read in another goroutine may get the other end's instead.
func (c *wsConn) Finish() {
	late := time.AfterFunc(finishTime, func() { c.under.Close() })
	defer late.Stop()
	c.ws.Close(websocket.StatusNormalClosure, "")
}
