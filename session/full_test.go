//go:build !js

package session

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/internal/test/leaks"
)

// tightPair is a connection with socket buffers of 16 KiB at both ends. It isn't TCP,
// whose segments on loopback are larger than that: it would wait for its timers.
func tightPair(t testing.TB) (net.Conn, net.Conn) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	a, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		socket := c.(*net.UnixConn)
		if err := errors.Join(socket.SetReadBuffer(16<<10), socket.SetWriteBuffer(16<<10)); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

// Fails if two sides that each send 1 GiB at once, over sockets that hold hardly
// anything, stand still, or lose or change any of it.
func TestGiBEachWayAtOnce(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	d.Pair = func() (net.Conn, net.Conn) { return tightPair(t) }
	began := time.Now()
	transferBoth(t, d, 1<<30, 1)
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
