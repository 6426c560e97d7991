//go:build js

package pagesocket

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A Stream makes a net.Conn of a Conn: a stream of bytes in messages of bytes. A
// deadline that passes while a call waits breaks the connection.
type Stream struct {
	*Conn
	mu   sync.Mutex // of rest: one Read at a time
	rest []byte

	reading, writing deadline
}

// NewStream returns a stream over c, which it owns.
func NewStream(c *Conn) *Stream { return &Stream{Conn: c} }

// Read fills p with what has come.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.rest) == 0 {
		ctx, done := s.reading.begin()
		frame, err := s.Conn.Read(ctx)
		done()
		if err != nil {
			return 0, s.broken(ctx, err)
		}
		s.rest = frame
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Write sends p as one message.
func (s *Stream) Write(p []byte) (int, error) {
	ctx, done := s.writing.begin()
	defer done()
	if err := s.Conn.Write(ctx, p); err != nil {
		return 0, s.broken(ctx, err)
	}
	return len(p), nil
}

// broken closes the connection if a deadline was why a call failed.
func (s *Stream) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		s.Conn.Close()
		return os.ErrDeadlineExceeded
	}
	if err == io.ErrClosedPipe {
		return net.ErrClosed
	}
	return err
}

// Close ends the connection.
func (s *Stream) Close() error {
	s.Conn.Close()
	return nil
}

func (s *Stream) LocalAddr() net.Addr  { return address{} }
func (s *Stream) RemoteAddr() net.Addr { return address{} }

func (s *Stream) SetDeadline(t time.Time) error {
	s.reading.set(t)
	s.writing.set(t)
	return nil
}

func (s *Stream) SetReadDeadline(t time.Time) error {
	s.reading.set(t)
	return nil
}

func (s *Stream) SetWriteDeadline(t time.Time) error {
	s.writing.set(t)
	return nil
}

// A page isn't told addresses.
type address struct{}

func (address) Network() string { return "websocket" }
func (address) String() string  { return "websocket/unknown-addr" }

// A deadline ends the calls of one direction, those that wait when it is set, too.
type deadline struct {
	mu    sync.Mutex
	at    time.Time
	calls map[*call]struct{}
}

type call struct {
	cancel context.CancelFunc
	timer  *time.Timer
}

// begin returns what ends a call, and what to call at its end.
func (d *deadline) begin() (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &call{cancel: cancel}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = map[*call]struct{}{}
	}
	d.calls[c] = struct{}{}
	c.arm(d.at)
	return ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.calls, c)
		c.arm(time.Time{})
		cancel()
	}
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	for c := range d.calls {
		c.arm(t)
	}
}

// arm ends the call at t, which is at once if t has passed, and never if it is zero.
func (c *call) arm(t time.Time) {
	if c.timer != nil {
		c.timer.Stop()
	}
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		c.cancel()
	default:
		c.timer = time.AfterFunc(wait, c.cancel)
	}
}
