package transit

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"sesame/internal/segments"
)

// A route is an address that can be dialled: the peer's, or a relay's.
type route interface {
	path() Path
	// dial connects. A relay has not been spoken to then.
	dial(ctx context.Context) (net.Conn, error)
}

// tcpRoute is a TCP address, of the peer or of a relay.
type tcpRoute struct {
	to   Path
	from dialer
}

func (r tcpRoute) path() Path { return r.to }

func (r tcpRoute) dial(ctx context.Context) (net.Conn, error) {
	return r.from.dial(ctx, r.to.Remote)
}

// A dialer makes TCP connections within a policy.
type dialer struct {
	policy policy
	custom func(ctx context.Context, network, addr string) (net.Conn, error)
}

// dial connects to addr, "host:port". Where the system resolves a name, each
// of its addresses is checked just before it is dialled, so no later answer of
// the resolver can slip in another.
func (d dialer) dial(ctx context.Context, addr string) (net.Conn, error) {
	if d.custom != nil {
		return d.custom(ctx, "tcp", addr)
	}
	checked := net.Dialer{ControlContext: func(ctx context.Context, network, address string, c syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return errName
		}
		segments.Control(ctx, network, address, c)
		return d.policy.check(to)
	}}
	return checked.DialContext(ctx, "tcp", addr)
}
