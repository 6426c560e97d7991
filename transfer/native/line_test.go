//go:build !js

package native

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A simLine is a connection over a line that carries so many bytes a second, with
// a round trip of twice the delay, and with a buffer in front of it: that of the
// system, or of a relay whose other side is the slow one.
type simLine struct {
	rate   int
	delay  time.Duration
	buffer int
}

// pair returns both ends.
func (l simLine) pair() (net.Conn, net.Conn) {
	there, back := newSimWay(l), newSimWay(l)
	return &simConn{out: there, in: back}, &simConn{out: back, in: there}
}

type simConn struct{ out, in *simWay }

func (c *simConn) Read(p []byte) (int, error)       { return c.in.read(p) }
func (c *simConn) Write(p []byte) (int, error)      { return c.out.write(p) }
func (c *simConn) Close() error                     { c.out.end(&c.out.ended); c.in.end(&c.in.left); return nil }
func (c *simConn) LocalAddr() net.Addr              { return nil }
func (c *simConn) RemoteAddr() net.Addr             { return nil }
func (c *simConn) SetDeadline(time.Time) error      { return nil }
func (c *simConn) SetReadDeadline(time.Time) error  { return nil }
func (c *simConn) SetWriteDeadline(time.Time) error { return nil }

// A simWay is one direction of it.
type simWay struct {
	line    simLine
	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // in the buffer
	arrived []byte
	ended   bool // nothing more comes into the buffer
	left    bool // nobody reads any more
	over    bool // everything has arrived, and the end
}

func newSimWay(l simLine) *simWay {
	w := &simWay{line: l}
	w.changed = sync.NewCond(&w.mu)
	go w.carry()
	return w
}

// carry takes packets from the buffer until there will be no more.
func (w *simWay) carry() {
	for {
		w.mu.Lock()
		for len(w.waiting) == 0 && !w.ended {
			w.changed.Wait()
		}
		packet := append([]byte(nil), w.waiting[:min(1400, len(w.waiting))]...)
		w.mu.Unlock()
		if len(packet) == 0 {
			time.AfterFunc(w.line.delay+1, func() { w.end(&w.over) })
			return
		}
		time.Sleep(time.Duration(len(packet)) * time.Second / time.Duration(w.line.rate))
		w.mu.Lock()
		w.waiting = w.waiting[len(packet):]
		w.changed.Broadcast()
		w.mu.Unlock()
		time.AfterFunc(w.line.delay, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.arrived = append(w.arrived, packet...)
			w.changed.Broadcast()
		})
	}
}

func (w *simWay) write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n < len(p) {
		for len(w.waiting) >= w.line.buffer && !w.ended {
			w.changed.Wait()
		}
		if w.ended {
			return n, net.ErrClosed
		}
		k := min(len(p)-n, w.line.buffer-len(w.waiting))
		w.waiting = append(w.waiting, p[n:n+k]...)
		n += k
		w.changed.Broadcast()
	}
	return n, nil
}

func (w *simWay) read(p []byte) (int, error) {
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

// end notes that something has ended.
func (w *simWay) end(what *bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what = true
	w.changed.Broadcast()
}

// Fails if a lane is given up because its line is slow or long, whatever waits in
// front of it; or if much more than the bytes alone crosses, or is waited for.
func TestLines(t *testing.T) {
	const kbit = 1000 / 8
	for _, l := range []struct {
		simLine
		size  int
		trips int // round trips on top: the list, the end, and a rate that must be found
	}{
		{simLine{32 * kbit, 20 * time.Millisecond, 64 << 10}, 200_000, 9},
		{simLine{64 * kbit, 20 * time.Millisecond, 64 << 10}, 200_000, 9},
		{simLine{64 * kbit, time.Second, 64 << 10}, 200_000, 9},
		{simLine{256 * kbit, 20 * time.Millisecond, 4 << 20}, 500_000, 9},
		{simLine{256 * kbit, time.Second, 4 << 20}, 500_000, 9},
		{simLine{512 * kbit, 20 * time.Millisecond, 64 << 10}, 500_000, 9},
		{simLine{20_000 * kbit, 150 * time.Millisecond, 1 << 20}, 10_000_000, 9},
		{simLine{20_000 * kbit, time.Second, 4 << 20}, 10_000_000, 9},
		{simLine{20_000 * kbit, 3 * time.Second, 4 << 20}, 10_000_000, 9},
	} {
		top, m, src := makeTree(t, map[string][]byte{"large": noise(1, l.size*9/10), "small": noise(2, l.size/10)})
		for _, lanes := range []int{1, 2} {
			name := fmt.Sprintf("%d kbit/s, round trip %v, %d lanes", l.rate/kbit, 2*l.delay, lanes)
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(time.Hour) // what is under way arrives
				w := quietWorld(t)
				w.want = lanes
				each := l.simLine
				each.rate /= lanes
				w.pair = each.pair
				began := time.Now()
				w.run(t.Context(), m, src, dir, config{}, config{}).ok(t)
				took := time.Since(began)
				most := time.Duration(l.size)*time.Second/time.Duration(l.rate)*5/4 + time.Duration(l.trips)*2*l.delay
				if took > most {
					t.Errorf("%s: took %v, want %v at most", name, took, most)
				}
				if w.made != lanes {
					t.Errorf("%s: %d lanes were given up", name, w.made-lanes)
				}
				if n := w.wire.Load(); n > int64(l.size)*11/10+20_000 {
					t.Errorf("%s: %d bytes crossed for %d", name, n, l.size)
				}
			})
			sameTree(t, dir, top)
		}
	}
}
