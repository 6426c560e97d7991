//go:build js

// Package pagesocket is a page's own WebSocket. The usual library's half for
// browsers brings HTTP and TLS along, which a page has no use for; it can't be closed
// at once, waits for ever after a broken frame, and writes without end to a peer that
// reads nothing.
//
// Source: WebSockets Standard (WHATWG).
package pagesocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall/js"
	"time"
)

// ErrTooLarge says that the peer has sent a message longer than was allowed, or more
// than anybody reads. The connection is closed.
var ErrTooLarge = errors.New("message too large")

const (
	// high is how many bytes may wait for the network before Write waits.
	high = 4 << 20
	// pause is between two looks at whether they have gone: there is no event for it.
	pause = 5 * time.Millisecond
	// most is how many bytes may wait to be read. Nothing can be said to slow a peer
	// down; those of sesame send no more than this ahead.
	most = 64 << 20
	// normal is the status of a connection that has done its work (RFC 6455 §7.4.1).
	normal, goingAway = 1000, 1001
)

// A Conn is one connection. Its methods may be called at the same time.
type Conn struct {
	ws     js.Value
	limit  int
	opened chan struct{} // closed when it is open
	ended  chan struct{} // closed when no further message comes

	handlers []js.Func
	queue    queue
}

// A queue has the messages that wait to be read, and why no further ones come.
type queue struct {
	mu     sync.Mutex
	frames [][]byte
	size   int
	err    error         // nil until the end
	more   chan struct{} // has room for one; something has changed
}

func (q *queue) put(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil || q.size+len(frame) > most {
		return false
	}
	q.frames, q.size = append(q.frames, frame), q.size+len(frame)
	q.wake()
	return true
}

// end says why nothing comes any more. The first reason counts.
func (q *queue) end(err error) (first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return false
	}
	q.err = err
	q.wake()
	return true
}

func (q *queue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take returns the next message, or after the last the reason; neither if there is
// nothing yet.
func (q *queue) take() (frame []byte, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) > 0 {
		frame, q.frames = q.frames[0], q.frames[1:]
		q.size -= len(frame)
		q.wake() // there may be more, for another reader
		return frame, nil
	}
	if q.err != nil {
		q.wake()
	}
	return nil, q.err
}

func (q *queue) why() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// Dial connects to url, ws: or wss:. Messages of more than limit bytes end the
// connection. ctx bounds this call only. The caller closes what it returns.
func Dial(ctx context.Context, url string, limit int) (_ *Conn, err error) {
	c := &Conn{limit: limit, opened: make(chan struct{}), ended: make(chan struct{}), queue: queue{more: make(chan struct{}, 1)}}
	if c.ws, err = open(url); err != nil {
		return nil, err
	}
	c.ws.Set("binaryType", "arraybuffer")
	c.on("open", func(js.Value) { close(c.opened) })
	c.on("message", c.message)
	c.on("close", func(event js.Value) {
		code := event.Get("code").Int()
		switch code {
		case normal, goingAway:
			c.finish(io.EOF)
		default:
			c.finish(fmt.Errorf("the connection broke (WebSocket status %d): %w", code, io.ErrUnexpectedEOF))
		}
		c.release()
	})
	select {
	case <-c.opened:
		return c, nil
	case <-c.ended:
		err := c.queue.why()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	case <-ctx.Done():
		c.Close()
		return nil, ctx.Err()
	}
}

// open makes a WebSocket, unless its URL makes no sense or may not be used by the page.
func open(url string) (ws js.Value, err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case js.Error:
			err = thrown
		default:
			panic(thrown)
		}
	}()
	return js.Global().Get("WebSocket").New(url), nil
}

// on calls f for each event of a sort. It must not wait: the page would.
func (c *Conn) on(event string, f func(event js.Value)) {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	c.handlers = append(c.handlers, fn)
	c.ws.Call("addEventListener", event, fn)
}

// release gives the handlers back, which the last event has called.
func (c *Conn) release() {
	for _, h := range c.handlers {
		h.Release()
	}
}

func (c *Conn) message(event js.Value) {
	data := event.Get("data")
	var frame []byte
	if data.Type() == js.TypeString {
		frame = []byte(data.String())
	} else if n := data.Get("byteLength").Int(); n <= c.limit {
		frame = make([]byte, n)
		js.CopyBytesToGo(frame, js.Global().Get("Uint8Array").New(data))
	}
	if frame == nil || len(frame) > c.limit || !c.queue.put(frame) {
		c.finish(ErrTooLarge)
		c.shut()
	}
}

// finish says once why nothing comes any more.
func (c *Conn) finish(err error) {
	if c.queue.end(err) {
		close(c.ended)
	}
}

// Read returns the next message. After the last it returns io.EOF, if the peer has
// closed the connection in good form.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	for {
		if frame, err := c.queue.take(); frame != nil || err != nil {
			return frame, err
		}
		select {
		case <-c.queue.more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// WriteText sends a message of text, which must be UTF-8.
func (c *Conn) WriteText(ctx context.Context, text []byte) error {
	return c.write(ctx, js.ValueOf(string(text)))
}

// Write sends a message of bytes. It waits while too many are on their way.
func (c *Conn) Write(ctx context.Context, p []byte) error {
	data := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(data, p)
	return c.write(ctx, data)
}

func (c *Conn) write(ctx context.Context, data js.Value) error {
	for c.ws.Get("bufferedAmount").Int() > high {
		select {
		case <-c.ended:
		case <-ctx.Done():
		case <-time.After(pause):
			continue
		}
		break
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.queue.why(); err != nil {
		return fmt.Errorf("the connection has ended: %w", io.ErrClosedPipe)
	}
	c.ws.Call("send", data)
	return nil
}

// Close ends the connection in good form; what has been written is still sent. It
// doesn't wait for that, and may be called several times. Calls that wait return.
func (c *Conn) Close() {
	c.finish(io.ErrClosedPipe)
	c.shut()
}

// Ended is closed when no further message comes.
func (c *Conn) Ended() <-chan struct{} { return c.ended }

func (c *Conn) shut() { c.ws.Call("close", normal) }
