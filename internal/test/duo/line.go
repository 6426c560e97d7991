package duo

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A Line is a connection over a line that carries so many bytes a second, with
// a round trip of twice the delay, and with a buffer in front of it: that of the
// system, or of a relay whose other side is the slow one.
type Line struct {
	Rate   int           // bytes a second
	Delay  time.Duration // one way
	Buffer int           // bytes
	// Varies is what Rate is instead, a time after the connection was made and after
	// so many bytes; 0: nothing is carried. It holds for what the sender writes.
	Varies func(since time.Duration, sent int64) int
}

// Pair returns both ends.
func (l Line) Pair() (net.Conn, net.Conn) {
	there := newWay(l)
	l.Varies = nil
	back := newWay(l)
	return &lineConn{out: there, in: back}, &lineConn{out: back, in: there}
}

type lineConn struct{ out, in *lineWay }

func (c *lineConn) Read(p []byte) (int, error)       { return c.in.read(p) }
func (c *lineConn) Write(p []byte) (int, error)      { return c.out.write(p) }
func (c *lineConn) Close() error                     { c.out.end(&c.out.ended); c.in.end(&c.in.left); return nil }
func (c *lineConn) LocalAddr() net.Addr              { return nil }
func (c *lineConn) RemoteAddr() net.Addr             { return nil }
func (c *lineConn) SetDeadline(t time.Time) error    { c.out.hurry(t); return nil }
func (c *lineConn) SetReadDeadline(time.Time) error  { return nil }
func (c *lineConn) SetWriteDeadline(time.Time) error { return nil }

// A lineWay is one direction of it.
type lineWay struct {
	line    Line
	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // in the buffer
	arrived []byte
	ended   bool // nothing more comes into the buffer
	left    bool // nobody reads any more
	over    bool // everything has arrived, and the end
	late    bool // who waits for room waits no longer
}

func newWay(l Line) *lineWay {
	w := &lineWay{line: l}
	w.changed = sync.NewCond(&w.mu)
	go w.carry()
	return w
}

// rate returns how many bytes a second are carried now, 0 for none.
func (w *lineWay) rate(began time.Time, sent int64) int {
	if w.line.Varies == nil {
		return w.line.Rate
	}
	return w.line.Varies(time.Since(began), sent)
}

// closed reports whether nothing more comes into the buffer.
func (w *lineWay) closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// carry takes packets from the buffer until there will be no more.
func (w *lineWay) carry() {
	began, sent := time.Now(), int64(0)
	for {
		rate := w.rate(began, sent)
		if rate == 0 && !w.closed() {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		w.mu.Lock()
		for len(w.waiting) == 0 && !w.ended {
			w.changed.Wait()
		}
		packet := append([]byte(nil), w.waiting[:min(1400, len(w.waiting))]...)
		w.mu.Unlock()
		if len(packet) == 0 {
			time.AfterFunc(w.line.Delay+1, func() { w.end(&w.over) })
			return
		}
		if rate > 0 {
			time.Sleep(time.Duration(len(packet)) * time.Second / time.Duration(rate))
		}
		sent += int64(len(packet))
		w.mu.Lock()
		w.waiting = w.waiting[len(packet):]
		w.changed.Broadcast()
		w.mu.Unlock()
		time.AfterFunc(w.line.Delay, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.arrived = append(w.arrived, packet...)
			w.changed.Broadcast()
		})
	}
}

func (w *lineWay) write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n < len(p) {
		for len(w.waiting) >= w.line.Buffer && !w.ended && !w.late {
			w.changed.Wait()
		}
		if w.ended {
			return n, net.ErrClosed
		}
		if len(w.waiting) >= w.line.Buffer {
			return n, os.ErrDeadlineExceeded
		}
		k := min(len(p)-n, w.line.Buffer-len(w.waiting))
		w.waiting = append(w.waiting, p[n:n+k]...)
		n += k
		w.changed.Broadcast()
	}
	return n, nil
}

func (w *lineWay) read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.arrived) == 0 && !w.over && !w.left {
		w.changed.Wait()
	}
	switch {
	case w.left:
		return 0, net.ErrClosed
	case len(w.arrived) == 0:
		return 0, io.EOF
	}
	n := copy(p, w.arrived)
	w.arrived = w.arrived[n:]
	return n, nil
}

// hurry has nobody wait for room from a time on.
func (w *lineWay) hurry(t time.Time) {
	time.AfterFunc(time.Until(t), func() { w.end(&w.late) })
}

// end notes that something has ended.
func (w *lineWay) end(what *bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what = true
	w.changed.Broadcast()
}
