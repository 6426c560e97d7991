package relay

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Fails when what a client sends together with its request is lost, or comes in another order: it was read
// before the connection was taken from HTTP.
func TestEagerClient(t *testing.T) {
	_, addr := running(t, Limits{})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	long := strings.Repeat("x", 2*terseBuffer)
	c.Write(append([]byte("GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
		append(frame(`{"type":"bind","appid":"a","side":"b","id":"first"}`), frame(`{"type":"ping","ping":"`+long+`","id":"second"}`)...)...))
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	var heard strings.Builder
	for _, want := range []string{`"welcome"`, `"first"`, `"second"`, `"pong"`} {
		for !strings.Contains(heard.String(), want) {
			b, err := r.ReadByte()
			if err != nil {
				t.Fatalf("%v after %q, without %s", err, heard.String(), want)
			}
			heard.WriteByte(b)
		}
	}
	if _, err := io.ReadFull(r, make([]byte, len(long))); err != nil {
		t.Fatal(err)
	}
}

// Fails when a fault in what is done for one client ends the server, or leaves the client's reader waiting.
func TestFaultIsOneClients(t *testing.T) {
	var log strings.Builder
	v := &visitor{m: &mailboxes{log: slog.New(slog.NewTextHandler(&log, nil))}, handled: make(chan bool, 1)}
	(*handling)(v).do() // it has nothing that is needed
	if <-v.handled || !strings.Contains(log.String(), "internal error") {
		t.Errorf("it goes on; the log says %q", log.String())
	}
}
