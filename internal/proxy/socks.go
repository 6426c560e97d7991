//go:build !js

package proxy

import (
	"context"
	"errors"
	"net"
	"strings"

	"golang.org/x/net/proxy"

	"sesame/internal/safetext"
)

// An overConn is what the library's client is besides the proxy.Dialer that it says it
// is: it takes a connection, which stays what it is, a TCP connection.
type overConn interface {
	DialWithConn(ctx context.Context, conn net.Conn, network, address string) (net.Addr, error)
}

// askSOCKS asks an overConn for a connection to addr (RFC 1928, RFC 1929).
func (s *Server) askSOCKS(ctx context.Context, conn net.Conn, addr string) error {
	var auth *proxy.Auth
	if user, password := s.credentials(addr); user != "" {
		auth = &proxy.Auth{User: user, Password: password}
	}
	client, err := proxy.SOCKS5("tcp", s.address(), auth, nil)
	if err != nil {
		return err
	}
	over, ok := client.(overConn)
	if !ok {
		panic("proxy: the SOCKS client takes no connection")
	}
	if _, err = over.DialWithConn(ctx, conn, "tcp", addr); err != nil {
		return s.judgeSOCKS(err, addr, auth != nil)
	}
	return nil
}

// judgeSOCKS says in our words what the library says in its own. What it doesn't
// know stays as it is.
func (s *Server) judgeSOCKS(err error, addr string, named bool) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Err == nil || late(err) {
		return err
	}
	said := op.Err.Error()
	e := s.fail(NotSOCKS)
	e.To = safetext.Line(addr, 80)
	switch {
	case strings.Contains(said, "no acceptable authentication") && !named:
		e.Why = WantsLogin
	case strings.Contains(said, "authentication"):
		e.Why = BadLogin
	case strings.Contains(said, "protocol version"), strings.Contains(said, "address type") && !strings.Contains(said, "not supported"), strings.Contains(said, "reserved"):
	case strings.Contains(said, "not allowed"):
		e.Why = Refuses
	case strings.HasPrefix(said, "unknown error "):
		e.Why, e.Said = CantConnectAs, safetext.Line(strings.TrimPrefix(said, "unknown error "), 60)
	default:
		return err
	}
	return e
}
