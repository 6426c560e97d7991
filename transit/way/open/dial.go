package open

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"sesame/internal/congestion"
	"sesame/internal/segments"
	"sesame/internal/sharedport"
)

// Dial connects to an address from a port that a listener shares. It is an error if
// there is such a connection already, or was a moment ago. It has segments of the
// size that package segments was asked for.
func Dial(ctx context.Context, port uint16, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, DialTime)
	defer cancel()
	network, from := "tcp4", netip.IPv4Unspecified()
	if to.Addr().Unmap().Is6() {
		network, from = "tcp6", netip.IPv6Unspecified()
	}
	share := func(ctx context.Context, network, address string, c syscall.RawConn) error {
		segments.Control(ctx, network, address, c)
		congestion.Control(ctx, network, address, c)
		return sharedport.Share(network, address, c)
	}
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, port)), ControlContext: share}
	return d.DialContext(ctx, network, to.String())
}
