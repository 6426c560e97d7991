package punch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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

var errUnknown = errors.New("not an address of the peer")

// A quicPort is QUIC on one UDP socket.
type quicPort struct {
	ctx       context.Context
	udp       *net.UDPConn
	transport *quic.Transport
	listener  *quic.Listener
	security  *security
	gate      gate
	incoming  atomic.Int32
	running   sync.WaitGroup
}

// newQUIC begins to take connections, until ctx ends. It doesn't own udp after an
// error.
func newQUIC(ctx context.Context, udp *net.UDPConn, tls *security, by gate) (*quicPort, error) {
	p := &quicPort{ctx: ctx, udp: udp, security: tls, gate: by}
	p.transport = &quic.Transport{
		Conn:                             udp,
		ConnectionIDLength:               8,
		VerifySourceAddress:              p.mustProve,
		ConnContext:                      p.admit,
		DisableVersionNegotiationPackets: true,
	}
	var err error
	if p.listener, err = p.transport.Listen(tls.server, quicConfig); err != nil {
		return nil, err
	}
	p.running.Go(p.accept)
	return p, nil
}

func (p *quicPort) close() {
	p.listener.Close()
	p.transport.Close()
	p.udp.Close()
	p.running.Wait()
}

func (p *quicPort) read(ctx context.Context, b []byte) (int, netip.AddrPort, error) {
	n, from, err := p.transport.ReadNonQUICPacket(ctx, b)
	return n, addr.Of(from), err
}

func (p *quicPort) write(b []byte, to netip.AddrPort) {
	p.transport.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

func (p *quicPort) dial(ctx context.Context, to netip.AddrPort) (Conn, error) {
	conn, err := p.transport.Dial(ctx, net.UDPAddrFromAddrPort(to), p.security.client, quicConfig)
	if err != nil {
		return nil, fmt.Errorf("QUIC: %w", err)
	}
	binding, err := bind(conn)
	if err == nil {
		var stream *quic.Stream
		if stream, err = conn.OpenStreamSync(ctx); err == nil {
			return newQUICConn(conn, stream, binding, true), nil
		}
	}
	conn.CloseWithError(codeRefuse, "")
	return nil, fmt.Errorf("QUIC: %w", err)
}

// mustProve reports whether somebody who wants to connect has to show first that
// packets reach him there. The peer has shown it by its checks.
func (p *quicPort) mustProve(from net.Addr) bool {
	return p.incoming.Load() >= maxUnchecked || !p.gate.known(addr.Of(from))
}

// admit refuses connections that aren't the peer's.
func (p *quicPort) admit(ctx context.Context, client *quic.ClientInfo) (context.Context, error) {
	if p.incoming.Load() >= maxIncoming || !p.gate.known(addr.Of(client.RemoteAddr)) {
		return nil, errUnknown
	}
	p.incoming.Add(1)
	context.AfterFunc(ctx, func() { p.incoming.Add(-1) })
	return ctx, nil
}

// accept takes connections until the port is closed.
func (p *quicPort) accept() {
	for {
		conn, err := p.listener.Accept(p.ctx)
		if err != nil {
			return
		}
		p.running.Go(func() { p.take(conn) })
	}
}

// take hands on a connection that came in, once it has a stream.
func (p *quicPort) take(conn *quic.Conn) {
	// Its context ends when the port is closed, too.
	if c, err := accepted(p.ctx, conn); err == nil && p.gate.take(c, conn.Context().Done()) {
		return
	}
	conn.CloseWithError(codeRefuse, "")
}

func accepted(ctx context.Context, conn *quic.Conn) (Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, streamTime)
	defer cancel()
	binding, err := bind(conn)
	if err != nil {
		return nil, err
	}
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		return nil, err
	}
	return newQUICConn(conn, stream, binding, false), nil
}
