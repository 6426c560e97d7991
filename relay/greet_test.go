package relay_test

import (
	"io"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestPipeLines(t *testing.T) {
	addr := serve(t, nil)
	for name, in := range map[string]string{
		"empty line":     "\n",
		"crlf":           strings.TrimSuffix(line(sideA), "\n") + "\r\n",
		"short token":    "please relay " + token[1:] + " for side " + sideA + "\n",
		"long token":     "please relay " + token + "0 for side " + sideA + "\n",
		"short side":     "please relay " + token + " for side " + sideA[1:] + "\n",
		"odd token":      "please relay " + token[1:] + "- for side " + sideA + "\n",
		"capital please": "pLEASE relay " + token + "\n",
		"tls":            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"zeros":          strings.Repeat("\x00", 10),
		"binary":         "\x00\x01\xe0\x0f\n\xff",
		"zero, newline":  "\x00\n",
		"not the cookie": "\x00\x01\x00\x08\n",
		"endless":        "please relay " + strings.Repeat("a", 400),
	} {
		t.Run(name, func(t *testing.T) {
			c := tcp.dial(t, addr)
			say(t, c, in)
			hearEnd(t, c, "bad handshake\n")
		})
	}
	t.Run("websocket", func(t *testing.T) {
		c := ws.dial(t, addr)
		say(t, c, "please")
		hearEnd(t, c, "bad handshake\n")
	})
	t.Run("websocket too long", func(t *testing.T) {
		c := ws.dial(t, addr)
		say(t, c, strings.Repeat("a", 400))
		if _, err := io.ReadAll(c); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("got %v, want status 1009", err)
		}
	})
	t.Run("websocket text", func(t *testing.T) {
		s, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/transit", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.CloseNow()
		s.Write(t.Context(), websocket.MessageText, []byte(line(sideA)))
		if _, _, err := s.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
			t.Errorf("got %v, want status 1003", err)
		}
	})
}

func TestPipeNewlineOptionalOverWebSocket(t *testing.T) {
	addr := serve(t, nil)
	a, b := ws.dial(t, addr), ws.dial(t, addr)
	say(t, a, strings.TrimSuffix(line(sideA), "\n"))
	say(t, b, line(sideB))
	hear(t, a, "ok\n")
	hear(t, b, "ok\n")
}

// A line may come in pieces over TCP.
func TestPipeLineInPieces(t *testing.T) {
	addr := serve(t, nil)
	a, b := tcp.dial(t, addr), tcp.dial(t, addr)
	for _, c := range line(sideA) {
		say(t, a, string(c))
	}
	say(t, b, line(sideB))
	hear(t, a, "ok\n")
}

func TestPipeImpatient(t *testing.T) {
	addr := serve(t, nil)
	for name, pieces := range map[string][]string{
		"at once": {line(sideA) + "x"},
		"later":   {line(sideA), "x"},
	} {
		t.Run(name, func(t *testing.T) {
			c := tcp.dial(t, addr)
			for _, p := range pieces {
				say(t, c, p)
			}
			hearEnd(t, c, "impatient\n")
		})
	}
	t.Run("websocket", func(t *testing.T) {
		c := ws.dial(t, addr)
		say(t, c, line(sideA))
		say(t, c, "x")
		hearEnd(t, c, "impatient\n")
	})
}
