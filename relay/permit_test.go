package relay_test

import (
	"strings"
	"testing"

	"github.com/coder/websocket"

	"sesame/relay"
	"sesame/relay/figures"
)

// Fails when a server with tokens serves who has none, or not who has one; or when those
// who don't know of tokens aren't told.
func TestTokens(t *testing.T) {
	const token = "correct-horse-battery-staple"
	seen := figures.New()
	s, addr, shutdown := started(t, &relay.Config{Figures: seen, Tokens: []relay.Token{relay.TokenOf("another-one-of-theirs"), relay.TokenOf(token)}, Contact: "admin@example.org"})
	defer shutdown(patience)
	c, w := dial(t, addr)
	welcome := w["welcome"].(map[string]any)
	if text, _ := welcome["error"].(string); !strings.Contains(text, "token") || !strings.Contains(text, "admin@example.org") {
		t.Errorf("programs that know of no tokens are told %v", welcome["error"])
	}
	if _, ok := welcome["permission-required"].(map[string]any)["token"]; !ok {
		t.Errorf("others are told %v", welcome)
	}
	c.send(`{"type":"ping","ping":1}`)
	c.want("ack", "pong")
	c.send(`{"type":"submit-permissions","method":"token","token":"` + token + `"}`)
	c.want("ack")
	c.open("a", "1")

	for _, frame := range []string{
		`{"type":"submit-permissions","method":"token","token":"wrong"}`,
		`{"type":"submit-permissions","method":"token"}`,
		`{"type":"submit-permissions","method":"none"}`,
		`{"type":"submit-permissions"}`,
		`{"type":"list"}`,
	} {
		c, _ := dial(t, addr)
		c.send(frame)
		c.want("ack", "error")
		c.ended()
	}
	for _, frame := range []string{
		`{"type":"bind","appid":"app","side":"b"}`,
		`{"type":"list"}`,
		`{"type":"submit-permissions","method":"token","token":"` + token + `"}`,
	} {
		c, _ := dial(t, addr)
		c.send(`{"type":"bind","appid":"app","side":"b"}`)
		c.want("ack") // other programs aren't refused before they ask for something
		c.send(frame)
		c.want("ack", "error")
		c.ended()
	}
	if n := seen.Refused.Sum()[figures.NoToken]; n != 8 {
		t.Errorf("%d without a token are counted, want 8", n)
	}
	c, _ = dial(t, addr)
	c.send(`no JSON`)
	c.want("error")
	c.ended()

	s.Change(&relay.Config{})
	c, w = dial(t, addr)
	if w["welcome"].(map[string]any)["error"] != nil {
		t.Errorf("without tokens: %v", w)
	}
	c.bind("d")
	s.Change(&relay.Config{Tokens: []relay.Token{}})
	c, _ = dial(t, addr)
	c.send(`{"type":"submit-permissions","method":"token","token":""}`)
	c.want("ack", "error")
}

// Fails when a client that has already said more isn't told why it isn't served: what it has sent, and
// nobody has read, must not destroy the answer.
func TestRefusalArrives(t *testing.T) {
	_, addr, shutdown := started(t, &relay.Config{Tokens: []relay.Token{relay.TokenOf("correct-horse-battery-staple")}})
	defer shutdown(patience)
	var all []*mailbox
	for range 40 {
		c, _ := dial(t, addr)
		all = append(all, c)
		c.send(`{"type":"bind","appid":"app","side":"b"}`)
		more := []byte(`{"type":"add","phase":"0","body":"` + strings.Repeat("00", 4<<10) + `"}`)
		for range 4 {
			if c.ws.Write(t.Context(), websocket.MessageText, more) != nil {
				break // it may have seen the end already
			}
		}
	}
	for _, c := range all {
		c.want("ack", "ack", "error") // of what it has bound, and of the rest
		if err := c.ended(); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Fatalf("it ends with %v", err)
		}
	}
}
