//go:build linux

package benchrelay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

// echo answers each frame with itself, as often as its first byte says: a server that does
// nothing but to read and write.
func echo() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("ws://%s/\n", l.Addr())
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		for {
			_, b, err := ws.Read(r.Context())
			if err != nil {
				return
			}
			for range b[0] - '0' {
				if ws.Write(r.Context(), websocket.MessageText, b) != nil {
					return
				}
			}
		}
	}))
}

// A talk is what one side says, and how many frames it hears for each.
var talk = []struct {
	frame string
	hears int
}{
	{`{"type":"bind","appid":"bench","side":"%s"}`, 1},
	{`{"type":"claim","nameplate":"%s"}`, 2},
	{`{"type":"open","mailbox":"%s"}`, 1},
	{`{"type":"add","phase":"pake","body":"` + body + `"}`, 3},
	{`{"type":"release"}`, 2},
	{`{"type":"add","phase":"version","body":"` + body + `"}`, 3},
	{`{"type":"add","phase":"0","body":"` + body + `"}`, 3},
	{`{"type":"close","mood":"happy"}`, 2},
}

var body = strings.Repeat("00", 150)

// side is one of two that meet.
func side(ctx context.Context, url, name, nameplate string, echoes bool) error {
	ws, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	if !echoes {
		if _, _, err := ws.Read(ctx); err != nil { // welcome
			return err
		}
	}
	var box string
	for i, step := range talk {
		frame := step.frame
		if strings.Contains(frame, "%s") {
			frame = fmt.Sprintf(frame, []string{name, nameplate, box}[i])
		}
		if echoes {
			frame = strconv.Itoa(step.hears) + frame
		}
		if err := ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			return err
		}
		// What the other one says may come earlier, or later: all is heard in the end.
		for heard := 0; heard < step.hears; heard++ {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return err
			}
			switch {
			case bytes.Contains(b, []byte(`"error"`)):
				return fmt.Errorf("%s for %s", b, frame)
			case !echoes && bytes.Contains(b, []byte(`"claimed"`)):
				var m struct{ Mailbox string }
				json.Unmarshal(b, &m)
				box = m.Mailbox
			}
		}
	}
	return nil
}
