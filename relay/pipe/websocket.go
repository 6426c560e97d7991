package pipe

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// maxMessage is the size of the largest message that is sent to a WebSocket
// client, in bytes: some of them refuse larger ones.
const maxMessage = 32 << 10

// A WebSocket is the transport of a client that speaks WebSocket. Where its messages begin
// and end means nothing.
type WebSocket struct {
	ctx    context.Context
	ws     *websocket.Conn
	under  net.Conn // what ws runs on
	lowest *net.TCPConn
	msg    io.Reader // rest of the message that is being read
	born   time.Time
	wrote  atomic.Int64 // when something was last written, in nanoseconds since born
	busy   atomic.Bool  // a write is under way
	closed atomic.Bool  // a close frame has been sent
}

// OverWebSocket returns the transport of a client that has said its line on ws, which runs on
// under and in the end on socket, which may be nil. Its reads and writes fail when ctx ends.
func OverWebSocket(ctx context.Context, ws *websocket.Conn, under net.Conn, socket *net.TCPConn) *WebSocket {
	return &WebSocket{ctx: ctx, ws: ws, under: under, lowest: socket, born: time.Now()}
}

func (p *WebSocket) Read(b []byte) (int, error) {
	for {
		if err := p.await(); err != nil {
			return 0, err
		}
		n, err := p.msg.Read(b)
		if err == io.EOF {
			p.msg, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// await waits for a message if none is being read.
func (p *WebSocket) await() error {
	if p.msg != nil {
		return nil
	}
	typ, msg, err := p.ws.Reader(p.ctx)
	if err != nil {
		return endOf(err)
	}
	if typ != websocket.MessageBinary {
		return errors.New("a text message in a pipe")
	}
	p.msg = msg
	return nil
}

func (p *WebSocket) next(pool *buffers) ([]byte, error) {
	if err := p.await(); err != nil {
		return nil, err
	}
	b := pool.get()
	n, err := p.Read(b)
	return b[:n], err
}

// endOf turns the errors of an orderly end into io.EOF.
func endOf(err error) error {
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		return io.EOF
	}
	return err
}

func (p *WebSocket) Write(b []byte) (n int, err error) {
	p.busy.Store(true)
	defer func() {
		p.wrote.Store(int64(time.Since(p.born)))
		p.busy.Store(false)
	}()
	for len(b) > 0 {
		m := b[:min(len(b), maxMessage)]
		if err := p.ws.Write(p.ctx, websocket.MessageBinary, m); err != nil {
			return n, err
		}
		n += len(m)
		b = b[len(m):]
	}
	return n, nil
}

// CloseWrite sends a close frame and nothing after it. The client answers with
// its own when it has sent what it has to send; until then we go on reading,
// which the library's Close doesn't. No other frame is being written: data
// frames are over, and control frames are single writes.
func (p *WebSocket) CloseWrite() error {
	if p.closed.Swap(true) {
		return nil
	}
	_, err := p.under.Write([]byte{0x88, 2, 0x03, 0xe8}) // final close frame, status 1000
	return err
}

func (p *WebSocket) Close() error { return p.ws.CloseNow() }

func (p *WebSocket) tcp() *net.TCPConn { return nil }

func (p *WebSocket) socket() *net.TCPConn { return p.lowest }

// KeepAlive pings the client while nothing else is sent to it, because proxies
// drop connections that look idle. Whether it answers doesn't matter: when its
// partner is slow we don't read, so we don't see the answer. It returns when the context of
// the transport ends.
func (p *WebSocket) KeepAlive(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
			if p.closed.Load() || p.busy.Load() || time.Since(p.born)-time.Duration(p.wrote.Load()) < every {
				continue
			}
			ctx, cancel := context.WithTimeout(p.ctx, every)
			p.ws.Ping(ctx)
			cancel()
		}
	}
}
