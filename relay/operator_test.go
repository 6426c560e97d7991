package relay_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

// Fails if Vacated returns while somebody is connected or has a mailbox, or
// doesn't where nobody is.
func TestVacated(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	defer func() {
		s.Shutdown(t.Context())
		<-served
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	vacant := func(within time.Duration) bool {
		soon, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		return s.Vacated(soon) == nil
	}
	if !vacant(patience) {
		t.Error("not vacant at first")
	}
	ws, _, err := websocket.Dial(ctx, "ws://"+l.Addr().String()+"/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.Read(ctx); err != nil { // welcome
		t.Fatal(err)
	}
	if vacant(50 * time.Millisecond) {
		t.Error("vacant with somebody connected")
	}
	for _, frame := range []string{`{"type":"bind","appid":"a","side":"b"}`, `{"type":"claim","nameplate":"7"}`} {
		if err := ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // two acks and claimed
		if _, _, err := ws.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ws.CloseNow()
	if vacant(50 * time.Millisecond) {
		t.Error("vacant with a mailbox")
	}
}
