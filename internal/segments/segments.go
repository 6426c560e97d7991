// Package segments makes TCP connections use small segments. There are networks in
// which large packets vanish and nobody says so (RFC 2923 §2.1): a connection comes
// about there, and then it carries nothing.
package segments

import (
	"context"
	"net"
	"syscall"
)

// A Size is the most that a connection puts into a packet, without headers. 0 is
// what the system takes.
type Size int

const (
	// Small fits what an IPv6 network must carry: 1280 bytes (RFC 8200 §5).
	Small Size = 1280 - 60
	// Tiny fits what every IPv4 network has to: 576 bytes (RFC 1122 §3.3.3).
	Tiny Size = 576 - 40
)

// Next returns the next smaller size, or the same if there is none.
func (s Size) Next() Size {
	if s == 0 {
		return Small
	}
	return Tiny
}

type key struct{}

// With makes what is dialled under ctx use segments of a size, if that is done by
// Dial or with Control.
func With(ctx context.Context, s Size) context.Context { return context.WithValue(ctx, key{}, s) }

// Control is for the ControlContext of a net.Dialer. It makes both directions of
// the connection use segments of the size that With has asked for, where the
// system lets us say so; elsewhere, if that fails, and without With, the connection
// is made as usual.
func Control(ctx context.Context, network, address string, c syscall.RawConn) error {
	if s, _ := ctx.Value(key{}).(Size); s > 0 {
		c.Control(func(fd uintptr) { set(fd, s) })
	}
	return nil
}

// Dial is the DialContext of a net.Dialer with Control.
func Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return (&net.Dialer{ControlContext: Control}).DialContext(ctx, network, addr)
}
