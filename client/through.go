//go:build !js

package client

import (
	"context"
	"net"
	"net/http"

	"sesame/rendezvous"
)

// maxHeader is how many bytes of an HTTP answer are read before it must be a
// WebSocket.
const maxHeader = 64 << 10

// through returns a client that connects with dial, and through no proxy of its own.
func through(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *rendezvous.HTTPClient {
	return &http.Client{Transport: &http.Transport{
		DialContext: dial, MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true,
	}}
}
