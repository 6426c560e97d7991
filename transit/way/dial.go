package way

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"sesame/internal/congestion"
	"sesame/internal/segments"
)

// A Dialer makes TCP connections within a policy.
type Dialer struct {
	Policy Policy
	// Custom makes them instead, under the contract of Config.Dialer, if it is set.
	Custom func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Dial connects to addr, "host:port". Where the system resolves a name, each
// of its addresses is checked just before it is dialled, so no later answer of
// the resolver can slip in another.
func (d Dialer) Dial(ctx context.Context, addr string) (net.Conn, error) {
	if d.Custom != nil {
		return d.Custom(ctx, "tcp", addr)
	}
	checked := net.Dialer{ControlContext: func(ctx context.Context, network, address string, c syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrName
		}
		segments.Control(ctx, network, address, c)
		congestion.Control(ctx, network, address, c)
		return d.Policy.Check(to)
	}}
	return checked.DialContext(ctx, "tcp", addr)
}
