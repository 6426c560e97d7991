package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
)

// maxMessage is the size of the largest message that is sent to a WebSocket
// client, in bytes: some of them refuse larger ones.
const maxMessage = 32 << 10

// A wsPipe is a pipe client that speaks WebSocket. Where its messages begin and
// end means nothing.
type wsPipe struct {
	ctx    context.Context
	ws     *websocket.Conn
	under  net.Conn  // what ws runs on
	msg    io.Reader // rest of the message that is being read
	born   time.Time
	wrote  atomic.Int64 // when something was last written, in nanoseconds since born
	busy   atomic.Bool  // a write is under way
	closed atomic.Bool  // a close frame has been sent
}

// serveTransit runs one pipe client that speaks WebSocket. Its first message
// is the relay line, with or without a newline.
func (s *Server) serveTransit(w http.ResponseWriter, r *http.Request, conn net.Conn) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: s.origins})
	if err != nil {
		return // it has answered
	}
	defer ws.CloseNow()
	ws.SetReadLimit(wire.MaxPlease)
	ctx, cancel := context.WithTimeout(s.ctx, s.live.limits().Handshake)
	typ, line, err := ws.Read(ctx)
	cancel()
	if err != nil {
		return
	}
	if typ != websocket.MessageBinary {
		ws.Close(websocket.StatusUnsupportedData, "binary messages only")
		return
	}
	ctx, cancel = context.WithCancel(s.ctx)
	p := &wsPipe{ctx: ctx, ws: ws, under: conn, born: time.Now()}
	token, side, ok := wire.ParsePlease(bytes.TrimSuffix(line, []byte("\n")))
	if !ok {
		defer cancel()
		turnAway(p, wire.BadHandshake)
		return
	}
	ws.SetReadLimit(-1) // it is a stream from now on; nothing is kept
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.keepAlive(s.live.limits().Ping / 2)
	}()
	s.relay(p, below(conn), token, side)
	cancel()
	<-done
}

func (p *wsPipe) Read(b []byte) (int, error) {
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
func (p *wsPipe) await() error {
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

func (p *wsPipe) next(pool *buffers) ([]byte, error) {
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

func (p *wsPipe) Write(b []byte) (n int, err error) {
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
func (p *wsPipe) CloseWrite() error {
	if p.closed.Swap(true) {
		return nil
	}
	_, err := p.under.Write([]byte{0x88, 2, 0x03, 0xe8}) // final close frame, status 1000
	return err
}

func (p *wsPipe) Close() error { return p.ws.CloseNow() }

func (p *wsPipe) tcp() *net.TCPConn { return nil }

func (p *wsPipe) socket() *net.TCPConn {
	c, _ := below(p.under).Conn.(*net.TCPConn)
	return c
}

// keepAlive pings the client while nothing else is sent to it, because proxies
// drop connections that look idle. Whether it answers doesn't matter: when its
// partner is slow we don't read, so we don't see the answer.
func (p *wsPipe) keepAlive(every time.Duration) {
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
