package classic

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/transit"
)

// A memoryConn is a conn over net.Pipe, with a length before each record.
type memoryConn struct {
	net.Conn
	mu   sync.Mutex
	idle time.Duration
	buf  []byte
}

func connPair() (a, b *memoryConn) {
	x, y := net.Pipe()
	return &memoryConn{Conn: x, idle: time.Hour}, &memoryConn{Conn: y, idle: time.Hour}
}

func (c *memoryConn) SetIdle(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = d
}

func (c *memoryConn) Path() transit.Path { return transit.Path{Kind: transit.SameMachine} }

func (c *memoryConn) deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.idle)
}

func (c *memoryConn) WriteRecord(p []byte) error {
	c.SetWriteDeadline(c.deadline())
	_, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	return err
}

func (c *memoryConn) ReadRecord() ([]byte, error) {
	c.SetReadDeadline(c.deadline())
	var n [4]byte
	if _, err := io.ReadFull(c.Conn, n[:]); err != nil {
		return nil, err
	}
	if k := int(binary.BigEndian.Uint32(n[:])); cap(c.buf) < k {
		c.buf = make([]byte, k)
	} else {
		c.buf = c.buf[:k]
	}
	_, err := io.ReadFull(c.Conn, c.buf)
	return c.buf, err
}

// memoryEndpoints makes endpoints whose connections are given.
type memoryEndpoint struct{ c conn }

func (e memoryEndpoint) hints() (json.RawMessage, error) {
	return json.RawMessage(`{"abilities-v1":[],"hints-v1":[]}`), nil
}
func (e memoryEndpoint) Close() error { return nil }
func (e memoryEndpoint) connect(ctx context.Context, peer json.RawMessage) (conn, error) {
	if !json.Valid(peer) {
		return nil, errors.New("no transit message")
	}
	return e.c, ctx.Err()
}

// over returns a Config whose connection is c.
func over(c conn) *settings {
	return &settings{listen: func(context.Context, bool, []byte) (endpoint, error) { return memoryEndpoint{c}, nil }}
}

// run transfers src into target in memory.
func run(t testing.TB, src *transfer.Source, target transfer.Target, tune ...func(s, r *settings)) crossing.Result {
	t.Helper()
	return runWith(t.Context(), src, func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) { return o.Accept(ctx, target) }, tune...)
}

// runWith sends src to a receiver that answers.
func runWith(ctx context.Context, src *transfer.Source, answer func(context.Context, *transfer.Offer) (*transfer.Report, error), tune ...func(s, r *settings)) crossing.Result {
	sc, rc := crossing.Channels("")
	a, b := connPair()
	scfg, rcfg := over(a), over(b)
	for _, f := range tune {
		f(scfg, rcfg)
	}
	return crossing.Run(
		func() (*transfer.Report, error) {
			return sendSource(ctx, sc, transfer.Sending{Source: src}, scfg)
		},
		func() (*transfer.Offer, error) { return receiveOffer(ctx, rc, rcfg) },
		func(o *transfer.Offer) (*transfer.Report, error) { return answer(ctx, o) },
	)
}
