package relay

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"

	"sesame/relay/cert"
	"sesame/relay/door"
	"sesame/relay/figures"
	"sesame/relay/source"
)

// handshake is the type of the first record of TLS (RFC 8446 §5.1).
const handshake = 0x16

// shakesPerCPU is how many handshakes of TLS may go on for each CPU: each takes most of
// a millisecond of it, and then waits for the client.
const shakesPerCPU = 64

// A curtain takes over connections that have begun with TLS: inside are mailboxes, pipes
// over WebSocket and pages, which go on to what serves HTTP. What comes by an authority's
// own protocol, to see whether a name is this server's, has seen all there is to see.
type curtain struct {
	config *tls.Config // nil: none are taken
	limit  time.Duration
	queue  *connQueue
	took   *figures.Times // handshakes that succeeded

	mu    sync.Mutex
	turns *door.Turns
}

func newCurtain(config *tls.Config, limit time.Duration, queue *connQueue, took *figures.Times) *curtain {
	return &curtain{config: config, limit: limit, queue: queue, took: took, turns: door.NewTurns(shakesPerCPU * runtime.GOMAXPROCS(0))}
}

// takes reports whether a connection is one to serve that begins like that.
func (k *curtain) takes(begun []byte) bool {
	return k.config != nil && len(begun) > 0 && begun[0] == handshake
}

// serve takes over c, of which begun was read already, until ctx ends.
func (k *curtain) serve(ctx context.Context, c *client, begun []byte) {
	begin := time.Now()
	limit := begin.Add(k.limit)
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	leave, ok := k.enter(ctx, c.source())
	if !ok {
		c.Close()
		return
	}
	c.prefix = begun
	conn := tls.Server(c, k.config) // not below c: what is written together leaves together
	err := conn.HandshakeContext(ctx)
	leave()
	if err != nil || conn.ConnectionState().NegotiatedProtocol == cert.ChallengeProtocol {
		c.Close()
		return
	}
	k.took.Add(time.Since(begin))
	conn.SetReadDeadline(limit)
	var first [1]byte
	if _, err := conn.Read(first[:]); err != nil || first[0] < 'A' || first[0] > 'Z' {
		c.Close() // lines for pipes come without TLS: their bytes are sealed already
		return
	}
	k.queue.put(&secured{Conn: conn, first: first[:], client: c})
}

// enter waits for a turn to shake hands. It reports false if there is none, or none
// before ctx ends.
func (k *curtain) enter(ctx context.Context, src source.Source) (leave func(), ok bool) {
	begun, dropped := make(chan struct{}), make(chan struct{})
	k.mu.Lock()
	turn := k.turns.Enter(src, func() { close(begun) }, func() { close(dropped) })
	k.mu.Unlock()
	if turn == nil {
		return nil, false
	}
	leave = func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.turns.Leave(turn)
	}
	select {
	case <-begun:
		return leave, true
	case <-dropped:
		return nil, false
	case <-ctx.Done():
		leave()
		return nil, false
	}
}

// A secured client is one that speaks HTTP inside TLS, of which the first byte was read
// to see that. Closing it gives up its place; closing the client below doesn't wait for
// the end of TLS.
type secured struct {
	*tls.Conn
	first  []byte
	client *client
}

func (c *secured) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *secured) Close() error {
	err := c.Conn.Close()
	c.client.leave()
	return err
}

// below returns the client that HTTP is spoken with on conn, nil if it is none of ours.
func below(conn net.Conn) *client {
	switch c := conn.(type) {
	case *client:
		return c
	case *secured:
		return c.client
	}
	return nil
}
