//go:build !js

package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"

	"sesame/rendezvous"
)

// maxHeader is how many bytes of an HTTP answer are read before it must be a
// WebSocket.
const maxHeader = 64 << 10

// through returns a client that connects with dial, and through no proxy of its own. The
// certificates of servers were signed by roots; by those of the system's, if that is nil.
func through(dial func(ctx context.Context, network, addr string) (net.Conn, error), roots *x509.CertPool) *rendezvous.HTTPClient {
	return &http.Client{Transport: &http.Transport{
		DialContext: dial, MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots},
	}}
}
