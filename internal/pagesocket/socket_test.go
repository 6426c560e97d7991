//go:build js

package pagesocket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"syscall/js"
	"testing"
	"time"

	"sesame/internal/pagesocket"
)

// fake is a WebSocket of which the test is the server: messages come back, and each
// that says what to do has that done.
const fake = `globalThis.WebSocket = class extends EventTarget {
	constructor(url) {
		super();
		if (!/^wss?:/.test(url)) throw new SyntaxError("no such scheme");
		this.bufferedAmount = 0;
		globalThis.lastSocket = this;
		setTimeout(() => url.includes("refused") ? this.end(1006) : this.fire("open", {}), 0);
	}
	fire(name, fields) { this.dispatchEvent(Object.assign(new Event(name), fields)); }
	end(code) { if (!this.over) { this.over = true; this.fire("close", {code}); } }
	send(data) {
		if (typeof data != "string") data = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
		if (data === "end") return setTimeout(() => this.end(1000), 0);
		if (data === "break") return setTimeout(() => this.end(1006), 0);
		setTimeout(() => this.fire("message", {data}), 0);
	}
	close(code) { if (code !== 1000) throw new Error("status " + code); setTimeout(() => this.end(1000), 0); }
}`

func dial(t *testing.T, url string, limit int) *pagesocket.Conn {
	t.Helper()
	js.Global().Call("eval", fake)
	c, err := pagesocket.Dial(t.Context(), url, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Fails when a message comes otherwise than it was sent.
func TestMessages(t *testing.T) {
	c := dial(t, "wss://example.org/v1", 100)
	for _, m := range [][]byte{[]byte("text, größer"), {}, {0, 255, 1}, bytes.Repeat([]byte{7}, 100)} {
		if err := c.Write(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Read(t.Context()); err != nil || !bytes.Equal(got, m) {
			t.Errorf("%q, %v; want %q", got, err, m)
		}
	}
	if err := c.WriteText(t.Context(), []byte("größer")); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Read(t.Context()); err != nil || string(got) != "größer" {
		t.Errorf("%q, %v", got, err)
	}
}

// Fails when a connection ends in another way than it says.
func TestEnds(t *testing.T) {
	for what, want := range map[string]error{"end": io.EOF, "break": io.ErrUnexpectedEOF} {
		c := dial(t, "ws://example.org", 100)
		c.WriteText(t.Context(), []byte(what))
		if _, err := c.Read(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
		<-c.Ended()
		if err := c.Write(t.Context(), []byte("late")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("written after %s: %v", what, err)
		}
	}
	c := dial(t, "ws://example.org", 10)
	c.Write(t.Context(), make([]byte, 11))
	if _, err := c.Read(t.Context()); !errors.Is(err, pagesocket.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	c = dial(t, "ws://example.org", 10)
	c.Close()
	c.Close()
	if _, err := c.Read(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("closed: %v", err)
	}
}

// Fails when what can't be dialled panics, or is waited for.
func TestDialFails(t *testing.T) {
	js.Global().Call("eval", fake)
	for _, url := range []string{"http://example.org", "ws://refused.example"} {
		if _, err := pagesocket.Dial(t.Context(), url, 1); err == nil {
			t.Errorf("%s was dialled", url)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pagesocket.Dial(ctx, "ws://example.org", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Fails when a writer goes on while nothing leaves, or doesn't when it does.
func TestWriteWaits(t *testing.T) {
	c := dial(t, "ws://example.org", 10)
	ws := js.Global().Get("lastSocket")
	ws.Set("bufferedAmount", 5<<20)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Write(ctx, []byte("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a full socket took it: %v", err)
	}
	time.AfterFunc(20*time.Millisecond, func() { ws.Set("bufferedAmount", 0) })
	if err := c.Write(t.Context(), []byte("b")); err != nil {
		t.Error(err)
	}
	if got, _ := c.Read(t.Context()); string(got) != "b" {
		t.Errorf("%q came", got)
	}
}

// Fails when a stream loses bytes, or a deadline doesn't end the Read that waits.
func TestStream(t *testing.T) {
	s := pagesocket.NewStream(dial(t, "ws://example.org", 100))
	s.Write([]byte("hello "))
	s.Write([]byte("world"))
	got := make([]byte, 11)
	if _, err := io.ReadFull(s, got); err != nil || string(got) != "hello world" {
		t.Errorf("%q, %v", got, err)
	}
	time.AfterFunc(10*time.Millisecond, func() { s.SetReadDeadline(time.Now()) })
	if _, err := s.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	if _, err := s.Write([]byte("x")); err == nil {
		t.Error("the deadline left the connection open")
	}
}
