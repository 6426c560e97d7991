package relay_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/psanford/wormhole-william/rendezvous"

	"sesame/internal/wire"
	"sesame/relay"
)

func TestBinaryFramesAreAccepted(t *testing.T) {
	c, _ := dial(t, serve(t, nil))
	if err := c.ws.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"ping","ping":7}`)); err != nil {
		t.Fatal(err)
	}
	if m := c.want("ack", "pong"); m["pong"] != 7.0 {
		t.Errorf("got %v", m)
	}
}

// A whole conversation in one segment, as some clients send it.
func TestPipelined(t *testing.T) {
	addr := serve(t, nil)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	segment := "GET /v1 HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
	for _, f := range []string{
		`{"type":"bind","appid":"app","side":"a"}`,
		`{"type":"claim","nameplate":"1"}`,
		`{"type":"open","mailbox":"m"}`,
		`{"type":"add","phase":"pake","body":"00"}`,
	} {
		segment += string([]byte{0x81, 0x80 | byte(len(f)), 0, 0, 0, 0}) + f // masked with zeros
	}
	if _, err := io.WriteString(conn, segment); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for { // skip the response's header
		if l, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		} else if l == "\r\n" {
			break
		}
	}
	for _, kind := range []string{"welcome", "ack", "ack", "claimed", "ack", "ack", "message"} {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			t.Fatal(err)
		}
		n := int(head[1])
		if n == 126 {
			io.ReadFull(r, head)
			n = int(head[0])<<8 | int(head[1])
		}
		body := make([]byte, n)
		io.ReadFull(r, body)
		if !strings.Contains(string(body), `"type":"`+kind+`"`) {
			t.Fatalf("got %s, want %s", body, kind)
		}
	}
}

func TestLargeBody(t *testing.T) {
	addr := serve(t, nil)
	a, _ := dial(t, addr)
	b, _ := dial(t, addr)
	a.open("a", "4")
	b.open("b", "4")
	body := strings.Repeat("ab", wire.MaxBody/2)
	a.send(`{"type":"add","phase":"0","body":"` + body + `"}`)
	if m := a.want("ack", "message"); m["body"] != body {
		t.Error("the echo differs")
	}
	if m := b.want("message"); m["body"] != body || m["side"] != "a" || m["phase"] != "0" {
		t.Error("the message differs")
	}
}

// Frames over the limits end the connection: 64 KiB before bind, 1 MiB after.
func TestLargeFrames(t *testing.T) {
	addr := serve(t, nil)
	frame := func(n int) string { return `{"type":"ping","ping":1,"x":"` + strings.Repeat("x", n) + `"}` }
	t.Run("before bind", func(t *testing.T) {
		c, _ := dial(t, addr)
		c.send(frame(60 << 10))
		c.want("ack", "pong")
		c.send(frame(64 << 10))
		if err := c.ended(); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("got %v, want status 1009", err)
		}
	})
	t.Run("after bind", func(t *testing.T) {
		c, _ := dial(t, addr)
		c.bind("a")
		c.send(frame(1000 << 10))
		c.want("ack", "pong")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c.ws.Write(ctx, websocket.MessageText, []byte(frame(1<<20))) // may be cut short
		c.ended()
	})
	t.Run("a gibibyte", func(t *testing.T) {
		conn := upgraded(t, addr)
		conn.Write([]byte{0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0})
		conn.Write(make([]byte, 65<<10))
		endsWith(t, conn, "1009", "\x88")
	})
}

// upgraded returns a connection after the WebSocket handshake.
func upgraded(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "GET /v1 HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
	return conn
}

// endsWith reads to the end of the connection, which a reset may be.
func endsWith(t *testing.T, conn net.Conn, name, want string) {
	t.Helper()
	b, err := io.ReadAll(conn)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Errorf("%s: still open", name)
	}
	if !strings.Contains(string(b), want) && err == nil {
		t.Errorf("%s: got %q", name, b)
	}
}

// Bytes that no WebSocket client may send end the connection.
func TestBadFrames(t *testing.T) {
	addr := serve(t, nil)
	for name, frame := range map[string]string{
		"unmasked":        "\x81\x02{}",
		"reserved bits":   "\xf1\x80\x00\x00\x00\x00",
		"reserved opcode": "\x83\x80\x00\x00\x00\x00",
		"compressed":      "\xc1\x80\x00\x00\x00\x00",
		"continuation":    "\x80\x80\x00\x00\x00\x00",
		"long ping":       "\x89\xfe\x01\x00\x00\x00\x00\x00",
		"negative length": "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			conn := upgraded(t, addr)
			io.WriteString(conn, frame)
			endsWith(t, conn, name, "")
		})
	}
}

func TestFragmentedFrame(t *testing.T) {
	c, _ := dial(t, serve(t, nil))
	w, err := c.ws.Writer(t.Context(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []byte(`{"type":"ping","ping":1}`) {
		w.Write([]byte{b})
	}
	w.Close()
	c.want("ack", "pong")
}

// A client that doesn't read loses its connection; its peer and its mailbox
// don't suffer.
func TestSlowReader(t *testing.T) {
	// Who reads may have four times a body on the way: what it sent, what is
	// delivered to it, and the one before in two forms, until its write returns.
	addr := serve(t, &relay.Config{Limits: relay.Limits{ConnsPerSource: 2, Backlog: 512 << 10, MailboxBytes: 1 << 30, MailboxMessages: 1 << 20}})
	a, _ := dial(t, addr)
	small := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			c.(*net.TCPConn).SetReadBuffer(4096)
		}
		return c, err
	}
	slow, _ := dialWith(t, addr, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: small}}})
	a.open("a", "4")
	slow.open("b", "4")
	// Much less than the backlog: what a has read may be counted for a while still.
	body := strings.Repeat("0", 16<<10)
	const n = 360 // more than socket buffers take
	for i := range n {
		a.send(fmt.Sprintf(`{"type":"add","phase":"%d","body":"%s"}`, i, body))
		a.want("ack", "message")
	}
	dialSoon(t, addr) // there is room again: the slow one has gone
}

// The whole story over real connections: a stranger claims the nameplate of a
// waiting sender and goes; the receiver comes; the sender has to reconnect.
func TestStrangerOnNameplate(t *testing.T) {
	addr := serve(t, nil)
	sender, _ := dial(t, addr)
	id := sender.open("a", "4")
	sender.send(`{"type":"add","phase":"pake","body":"aa"}`)
	sender.want("ack", "message")

	stranger, _ := dial(t, addr)
	stranger.bind("x")
	stranger.send(`{"type":"claim","nameplate":"4"}`)
	stranger.want("ack", "claimed")
	third, _ := dial(t, addr)
	third.bind("y")
	third.send(`{"type":"claim","nameplate":"4"}`)
	if m := third.want("ack", "error"); m["error"] != "crowded" || m["orig"].(map[string]any)["nameplate"] != "4" {
		t.Errorf("third side got %v", m)
	}
	stranger.send(`{"type":"release"}`)
	stranger.want("ack", "released")
	stranger.send(`{"type":"close","mailbox":"` + id + `"}`)
	stranger.want("ack", "closed")

	receiver, _ := dial(t, addr)
	if got := receiver.open("b", "4"); got != id {
		t.Fatalf("the receiver is in %s, not in %s", got, id)
	}
	receiver.want("message")
	sender.ws.CloseNow()
	sender, _ = dial(t, addr)
	sender.bind("a")
	sender.send(`{"type":"open","mailbox":"` + id + `"}`)
	sender.want("ack", "message")
	receiver.send(`{"type":"add","phase":"pake","body":"bb"}`)
	receiver.want("ack", "message")
	if m := sender.want("message"); m["body"] != "bb" {
		t.Errorf("the sender got %v", m)
	}
	for _, c := range []*mailbox{sender, receiver} {
		c.send(`{"type":"release","nameplate":"4"}`)
		c.want("ack", "released")
		c.send(`{"type":"close","mailbox":"` + id + `","mood":"happy"}`)
		c.want("ack", "closed")
	}
	late, _ := dialFrom(t, addr, "127.0.0.9")
	late.bind("z")
	late.send(`{"type":"claim","nameplate":"4"}`)
	if m := late.want("ack", "error"); m["error"] != "nameplate was already used" {
		t.Errorf("a late receiver got %v", m)
	}
	// From the address of who claimed it first, too, if it says what it is for.
	same, _ := dial(t, addr)
	same.bind("y")
	same.send(`{"type":"claim","nameplate":"4","once":true}`)
	if m := same.want("ack", "error"); m["error"] != "nameplate was already used" {
		t.Errorf("a late receiver from the sender's address got %v", m)
	}
	again, _ := dial(t, addr)
	again.bind("x")
	again.send(`{"type":"claim","nameplate":"4"}`)
	again.want("ack", "claimed")
}

// The client library of wormhole-william, both ways.
func TestWormholeWilliam(t *testing.T) {
	addr := serve(t, &relay.Config{List: true})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client := func(side string) *rendezvous.Client {
		c := rendezvous.NewClient("ws://"+addr+"/v1", side, "app")
		if _, err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b := client("aaaaaaaaaa"), client("bbbbbbbbbb")
	nameplate, err := a.CreateMailbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.ListNameplates(ctx); err != nil || len(got) != 1 || got[0] != nameplate {
		t.Errorf("nameplates: %v, %v", got, err)
	}
	if err := b.AttachMailbox(ctx, nameplate); err != nil {
		t.Fatal(err)
	}
	heardA, heardB := a.MsgChan(ctx), b.MsgChan(ctx)
	for _, body := range []string{"00", strings.Repeat("ab", 15_000)} {
		phase := fmt.Sprint(len(body))
		if err := a.AddMessage(ctx, phase, body); err != nil {
			t.Fatal(err)
		}
		if m := <-heardB; m.Error != nil || m.Body != body || m.Phase != phase || m.Side != "aaaaaaaaaa" {
			t.Errorf("b got %.100v", m)
		}
	}
	if err := b.AddMessage(ctx, "0", "bb"); err != nil {
		t.Fatal(err)
	}
	if m := <-heardA; m.Error != nil || m.Body != "bb" {
		t.Errorf("a got %v", m)
	}
	// Each releases the nameplate by itself when it has heard something, and doesn't survive
	// being closed before that.
	for {
		got, err := b.ListNameplates(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := a.Close(ctx, rendezvous.Happy); err != nil {
		t.Error(err)
	}
	if err := b.Close(ctx, rendezvous.Happy); err != nil {
		t.Error(err)
	}
}
