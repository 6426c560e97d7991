package client

import (
	"context"
	"net"

	"sesame/rendezvous"
	"sesame/transit"
)

// through returns nil: the browser connects in its own way.
func through(func(ctx context.Context, network, addr string) (net.Conn, error), *transit.CertPool) *rendezvous.HTTPClient {
	return nil
}
