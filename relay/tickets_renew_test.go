package relay

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay/pipe"
)

// Fails if who waits for its partner for longer than a ticket is good for has none at its end, or is
// given one with each ping.
func TestTicketIsRenewed(t *testing.T) {
	s, addr := running(t, Limits{Ping: 5 * time.Millisecond})
	ws, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	for _, m := range []string{`{"type":"bind","appid":"app","side":"a","client_version":["sesame","1"]}`, `{"type":"claim","nameplate":"4"}`} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	next := func(typ string) (m struct{ Type, Ticket string }) {
		t.Helper()
		for m.Type != typ {
			_, b, err := ws.Read(t.Context())
			if err != nil || json.Unmarshal(b, &m) != nil {
				t.Fatalf("instead of %s: %q, %v", typ, b, err)
			}
			if m.Type == "ticket" && typ != "ticket" {
				t.Fatal("another ticket, long before it is due")
			}
		}
		return m
	}
	first := next("ticket")
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"ping","ping":1}`)); err != nil {
		t.Fatal(err)
	}
	next("pong")
	s.mail.visitors.mu.Lock()
	for _, v := range s.mail.visitors.of {
		v.ticket.Store(time.Now().Add(-pipe.TicketLife / 2).Unix())
	}
	s.mail.visitors.mu.Unlock()
	if second := next("ticket"); second.Ticket == first.Ticket || second.Ticket == "" {
		t.Errorf("given %q, and then %q", first.Ticket, second.Ticket)
	}
}
