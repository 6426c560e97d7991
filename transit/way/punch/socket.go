package punch

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"sesame/internal/addr"
)

// Limits on connections that come in (doc/native.md §9.6).
const (
	maxUnchecked = 4  // at once, before others have to prove where they are
	maxIncoming  = 24 // at once
)

// A socket is a UDP port in one address family, for QUIC and STUN.
type socket struct {
	a         *Agent
	four      bool
	port      uint16
	udp       *net.UDPConn
	transport *quic.Transport
	listener  *quic.Listener
	incoming  atomic.Int32
	running   sync.WaitGroup
	ctx       context.Context
	cancel    context.CancelFunc
	broken    atomic.Bool
}

var errUnknown = errors.New("not an address of the peer")

// openSockets opens one in each address family, for an Agent. It fails if there is no
// port to be had.
func openSockets(a *Agent) (sockets []*socket, _ error) {
	var errs []error
	for _, network := range []string{"udp4", "udp6"} {
		s, err := newSocket(a, network)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sockets = append(sockets, s)
	}
	if len(sockets) == 0 {
		return nil, errors.Join(errs...)
	}
	return sockets, nil
}

func newSocket(a *Agent, network string) (*socket, error) {
	udp, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	s := &socket{a: a, four: network == "udp4", udp: udp, port: addr.Of(udp.LocalAddr()).Port()}
	s.ctx, s.cancel = context.WithCancel(a.ctx)
	s.transport = &quic.Transport{
		Conn:                             udp,
		ConnectionIDLength:               8,
		VerifySourceAddress:              s.mustProve,
		ConnContext:                      s.admit,
		DisableVersionNegotiationPackets: true,
	}
	s.listener, err = s.transport.Listen(a.security.server, quicConfig)
	if err != nil {
		s.cancel()
		udp.Close()
		return nil, err
	}
	s.running.Go(s.read)
	s.running.Go(s.accept)
	return s, nil
}

// close ends all connections and returns when nothing is left running.
func (s *socket) close() {
	s.cancel()
	s.listener.Close()
	s.transport.Close()
	s.udp.Close()
	s.running.Wait()
}

// failed reports whether nothing is received any more.
func (s *socket) failed() bool { return s.broken.Load() }

// read takes what isn't QUIC.
func (s *socket) read() {
	b := make([]byte, maxMessage+1)
	for {
		n, from, err := s.transport.ReadNonQUICPacket(s.ctx, b)
		if err != nil {
			s.broken.Store(true)
			return
		}
		s.a.receive(addr.Of(from), b[:n])
	}
}

// mustProve reports whether somebody who wants to connect has to show first that
// packets reach him there. The peer has shown it by its checks.
func (s *socket) mustProve(from net.Addr) bool {
	return s.incoming.Load() >= maxUnchecked || !s.a.known(addr.Of(from))
}

// admit refuses connections that aren't the peer's.
func (s *socket) admit(ctx context.Context, client *quic.ClientInfo) (context.Context, error) {
	if s.incoming.Load() >= maxIncoming || !s.a.known(addr.Of(client.RemoteAddr)) {
		return nil, errUnknown
	}
	s.incoming.Add(1)
	context.AfterFunc(ctx, func() { s.incoming.Add(-1) })
	return ctx, nil
}

// accept takes connections until the socket is closed.
func (s *socket) accept() {
	for {
		conn, err := s.listener.Accept(s.ctx)
		if err != nil {
			return
		}
		s.running.Go(func() { s.take(conn) })
	}
}
