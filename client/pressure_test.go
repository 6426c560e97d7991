//go:build !js

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
	"sesame/rendezvous"
)

// A guest is a visitor of a mailbox server that says frames of its own.
type guest struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

func newGuest(t *testing.T, ctx context.Context, url, appID, side string) *guest {
	t.Helper()
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	g := &guest{t, ctx, conn}
	g.say(`{"type":"bind","appid":%q,"side":%q}`, appID, side)
	return g
}

func (g *guest) say(format string, args ...any) {
	g.t.Helper()
	if err := g.conn.Write(g.ctx, websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		g.t.Fatal(err)
	}
}

// await reads until a message of a type, and returns it.
func (g *guest) await(kind string) map[string]any {
	g.t.Helper()
	for {
		_, b, err := g.conn.Read(g.ctx)
		if err != nil {
			g.t.Fatalf("waiting for %s: %v", kind, err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			g.t.Fatal(err)
		}
		if m["type"] == kind {
			return m
		}
	}
}

// enter claims a nameplate and opens its mailbox.
func (g *guest) enter(nameplate string) {
	g.t.Helper()
	g.say(`{"type":"claim","nameplate":%q}`, nameplate)
	g.say(`{"type":"open","mailbox":%q}`, g.await("claimed")["mailbox"])
}

// Fails if a sender makes a code of the usual length where many are being guessed,
// doesn't say why its code is longer, or does either when nobody guesses or somebody
// has asked for a length.
func TestCodesUnderPressure(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		server.Shutdown(ctx)
		<-served
	}()
	url := "ws://" + l.Addr().String() + "/v1"
	send := func(name string, to Recipient, words int, said bool) {
		t.Helper()
		at, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer at.Close()
		var notes []Code
		me, err := New(&Config{Env: noEnvironment, Tell: func(e Event) {
			if n, ok := e.(Note); ok {
				notes = append(notes, n.Code)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		code, err := (&opening{servers: servers{core: me.core}, to: to}).makeCode(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(code.String(), "-"); n != words {
			t.Errorf("%s: a code of %d words, want %d", name, n, words)
		}
		if said != slices.Equal(notes, []Code{NoteGuessing}) || !said && notes != nil {
			t.Errorf("%s: it notes %q", name, notes)
		}
	}
	send("at first", Recipient{}, 2, false)
	for i := range 6 {
		nameplate := fmt.Sprint(200 + i)
		a, b := newGuest(t, ctx, url, "app", "a"), newGuest(t, ctx, url, "app", "b")
		a.enter(nameplate)
		b.enter(nameplate)
		b.say(`{"type":"add","phase":"pake","body":"00"}`)
		a.say(`{"type":"close","mood":"scary"}`)
		a.await("closed")
	}
	send("when six codes were guessed wrong", Recipient{}, 3, true)
	send("with a length", Recipient{Words: 2}, 2, false)
	send("with a code", Recipient{Code: "7-galveston-goldfish"}, 2, false)
}
