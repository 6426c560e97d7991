package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// meddler starts a mailbox server that passes what a real one sends through
// change, which returns what the client gets instead.
func meddler(t *testing.T, real string, change func(frame []byte) [][]byte) string {
	return webServer(t, func(w http.ResponseWriter, req *http.Request) {
		client, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer client.CloseNow()
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		server, _, err := websocket.Dial(ctx, real, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.CloseNow()
		go func() {
			defer cancel()
			for {
				kind, frame, err := client.Read(ctx)
				if err != nil {
					return
				}
				server.Write(ctx, kind, frame)
			}
		}()
		for {
			_, frame, err := server.Read(ctx)
			if err != nil {
				return
			}
			for _, f := range change(frame) {
				client.Write(ctx, websocket.MessageText, f)
			}
		}
	})
}

// Fails if a transfer doesn't survive what a mailbox server may do to it without
// the code: repeat, add what nobody knows, chatter.
func TestMeddlingServer(t *testing.T) {
	message := func(frame []byte) map[string]any {
		var m map[string]any
		if json.Unmarshal(frame, &m) != nil || m["type"] != "message" {
			return nil
		}
		return m
	}
	for name, change := range map[string]func(frame []byte) [][]byte{
		"every message twice": func(frame []byte) [][]byte {
			if message(frame) == nil {
				return [][]byte{frame}
			}
			return [][]byte{frame, frame}
		},
		"an unknown phase before the version": func(frame []byte) [][]byte {
			m := message(frame)
			if m == nil || m["phase"] != "version" {
				return [][]byte{frame}
			}
			m["phase"], m["body"] = "hello", "00"
			odd, _ := json.Marshal(m)
			return [][]byte{odd, frame}
		},
		"acknowledgements and pongs nobody asked for": func(frame []byte) [][]byte {
			out := [][]byte{frame}
			for range 200 {
				out = append(out, []byte(`{"type":"ack","id":"77"}`), []byte(`{"type":"pong","pong":7}`), []byte(`{"type":"news"}`))
			}
			return out
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := meddler(t, "ws://"+testRelay(t)+"/v1", change)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var sent, received bytes.Buffer
			var sender sync.WaitGroup
			var sendCode int
			sender.Go(func() {
				sendCode = run(ctx, []string{"send", "--server", server, "--text", "hello", "--code", "7-galveston-goldfish"}, quiet(&sent), noEnvironment)
			})
			code := run(ctx, []string{"receive", "--server", server, "7-galveston-goldfish"}, quiet(&received), noEnvironment)
			sender.Wait()
			if code != exitOK || sendCode != exitOK || !strings.Contains(received.String(), "hello") {
				t.Errorf("exit codes %d, %d; they said:\n%s%s", sendCode, code, &sent, &received)
			}
		})
	}
}
