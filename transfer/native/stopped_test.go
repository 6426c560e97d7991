package native

import (
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sesame/transfer"
)

// A stop is what happens to a process that is stopped for a while: nothing of it
// goes on, and the clock does.
type stop struct {
	mu    sync.Mutex
	until time.Time
}

// begin stops the process for d.
func (s *stop) begin(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until.IsZero() {
		s.until = time.Now().Add(d)
	}
}

// left returns how much longer the process is stopped.
func (s *stop) left() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.until)
}

// hold makes a connection wait. It goes on after those who look at the clock:
// they must not decide without what it brings.
func (s *stop) hold() {
	if d := s.left(); d > 0 {
		time.Sleep(d + tickTime)
	}
}

// stoppedConn is a connection of a process that may be stopped.
type stoppedConn struct {
	net.Conn
	s *stop
}

func (c stoppedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.s.hold()
	return n, err
}

func (c stoppedConn) Write(p []byte) (int, error) {
	c.s.hold()
	n, err := c.Conn.Write(p)
	c.s.hold()
	return n, err
}

// lateConn takes a second for a MiB.
type lateConn struct{ net.Conn }

func (c lateConn) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(len(p)) * time.Second >> 20)
	return c.Conn.Write(p)
}

// Fails if a sender or a receiver that is stopped in the middle of a transfer, for
// seconds, for more than a minute, or for nearly as long as the other side waits,
// ends it when it goes on, or if the other side does.
func TestStopped(t *testing.T) {
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 6<<20)})
	for _, side := range []string{"sender", "receiver"} {
		for _, d := range []time.Duration{5 * time.Second, 70 * time.Second, 14 * time.Minute} {
			dir := newLanding(t)
			synctest.Test(t, func(t *testing.T) {
				w := quietWorld(t)
				s := new(stop)
				w.Deaf = s.left
				pair := w.Pair
				w.Pair = func() (net.Conn, net.Conn) {
					a, b := pair()
					if side == "sender" {
						return stoppedConn{a, s}, b
					}
					return a, stoppedConn{b, s}
				}
				stops := config{Config: transfer.Config{Progress: func(p transfer.Progress) { // in the goroutine that looks at the clock
					if p.Done > 1<<20 {
						s.begin(d)
						time.Sleep(s.left())
					}
				}}}
				other := config{}
				w.Bend = func(_ int, c net.Conn) net.Conn { return lateConn{c} }
				began := time.Now()
				if side == "sender" {
					w.run(t.Context(), m, src, dir, stops, other).ok(t)
				} else {
					w.run(t.Context(), m, src, dir, other, stops).ok(t)
				}
				if took := time.Since(began); took < d || took > d+30*time.Second {
					t.Errorf("%s stopped for %v: took %v", side, d, took)
				}
			})
			sameTree(t, dir, top)
		}
	}
}
