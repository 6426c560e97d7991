//go:build !js

package session

import (
	"fmt"
	"net"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/internal/test/leaks"
)

// tightPair is a TCP connection over loopback with buffers of 16 KiB at both ends.
func tightPair(t testing.TB) (net.Conn, net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		tcp := c.(*net.TCPConn)
		if err := tcp.SetReadBuffer(16 << 10); err != nil {
			t.Fatal(err)
		}
		if err := tcp.SetWriteBuffer(16 << 10); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

// Fails if two sides that each send 1 GiB at once, over sockets that hold hardly
// anything, stand still, or lose or change any of it. With the race detector it is less.
func TestGiBEachWayAtOnce(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	d.Pair = func() (net.Conn, net.Conn) { return tightPair(t) }
	began := time.Now()
	n := int64(1 << 30)
	if raced {
		n = 32 << 20
	}
	transferBoth(t, d, n, 1)
	t.Logf("took %v, over %d lanes", time.Since(began).Round(time.Millisecond), d.Made())
}

// BenchmarkDirections is what one session carries over loopback: in one direction, and
// in both at once, in sum.
func BenchmarkDirections(b *testing.B) {
	const n = 512 << 20
	for _, sides := range []int{1, 2} {
		b.Run(fmt.Sprintf("directions=%d", sides), func(b *testing.B) {
			b.SetBytes(int64(sides) * n)
			for b.Loop() {
				d := duo.New(b)
				x, y := newParty(), newParty()
				x.takes(b.Context(), n)
				y.takes(b.Context(), n)
				meet(b, d, x, y)
				done := make(chan error, sides)
				for _, p := range []*party{x, y}[:sides] {
					go func() {
						g, err := give(b.Context(), p.s, n)
						if err == nil {
							err = g.run(b.Context())
						}
						done <- err
					}()
				}
				for range sides {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				leave(b, x, y)
			}
		})
	}
}
