//go:build !js

package rendezvous

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
)

type webSocket struct{ conn *websocket.Conn }

func newWebSocket(conn *websocket.Conn) socket {
	conn.SetReadLimit(wire.MaxFrame)
	return webSocket{conn}
}

// read takes text and binary messages: some servers send those.
func (s webSocket) read(ctx context.Context) ([]byte, error) {
	_, frame, err := s.conn.Read(ctx)
	if errors.Is(err, websocket.ErrMessageTooBig) {
		err = errTooLarge
	}
	return frame, err
}

func (s webSocket) write(ctx context.Context, frame []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, frame)
}

func (s webSocket) ping(ctx context.Context) error { return s.conn.Ping(ctx) }

func (s webSocket) close() {
	impatient := time.AfterFunc(goodbye, func() { s.conn.CloseNow() })
	s.conn.Close(websocket.StatusNormalClosure, "")
	impatient.Stop()
}

// goesAway reports whether a server has closed the connection because it is being stopped.
func goesAway(err error) bool { return websocket.CloseStatus(err) == websocket.StatusGoingAway }
