package relay

import (
	"bytes"
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/relay/door"
	"sesame/relay/pipe"
)

// partner returns what the hub of pipes has to know of a client that has said its line.
func partner(t pipe.Transport, c *client, said wire.Plea) pipe.Client {
	return pipe.Client{
		Transport: t, Source: c.source(), Plea: said,
		Waits:   func() { c.uses(door.Waiting) },
		Carries: func() { c.uses(door.Carrying) },
	}
}

// serveTransit runs one pipe client that speaks WebSocket. Its first message
// is the relay line, with or without a newline.
func (rc *reception) serveTransit(w http.ResponseWriter, r *http.Request, conn net.Conn) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: rc.origins})
	if err != nil {
		return // it has answered
	}
	defer ws.CloseNow()
	ws.SetReadLimit(wire.MaxPlease)
	ctx, cancel := context.WithTimeout(rc.ctx, rc.live.limits().Handshake)
	typ, line, err := ws.Read(ctx)
	cancel()
	if err != nil {
		return
	}
	if typ != websocket.MessageBinary {
		ws.Close(websocket.StatusUnsupportedData, "binary messages only")
		return
	}
	ctx, cancel = context.WithCancel(rc.ctx)
	c := below(conn)
	socket, _ := c.Conn.(*net.TCPConn)
	p := pipe.OverWebSocket(ctx, ws, conn, socket)
	said, ok := wire.ParsePlease(bytes.TrimSuffix(line, []byte("\n")))
	if !ok {
		defer cancel()
		pipe.TurnAway(p, wire.BadHandshake)
		return
	}
	ws.SetReadLimit(-1) // it is a stream from now on; nothing is kept
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.KeepAlive(rc.live.limits().Ping / 2)
	}()
	rc.pipes.Serve(partner(p, c, said))
	cancel()
	<-done
}
