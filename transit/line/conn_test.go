package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

var sessionKey = bytes.Repeat([]byte{7}, 32)

func anybody(netip.AddrPort) bool { return true }

// open returns a Port on loopback that is closed with the test.
func open(t testing.TB) *Port {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := New(udp, Config{Known: anybody, Allow: anybody})
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *Port) address() netip.AddrPort { return p.socket.udp.LocalAddr().(*net.UDPAddr).AddrPort() }

// connect returns the two ends of a connection from a to b.
func connect(t testing.TB, a, b *Port) (dialled, accepted *Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	dialled, err := a.Dial(ctx, b.address())
	if err != nil {
		t.Fatal(err)
	}
	if accepted, err = b.Accept(); err != nil {
		t.Fatal(err)
	}
	return dialled, accepted
}

// pair returns two Ports of a session.
func pair(t testing.TB) (a, b *Port) {
	a, b = open(t), open(t)
	a.Start(sessionKey)
	b.Start(sessionKey)
	return a, b
}

// random returns n bytes.
func random(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	r.Read(b)
	return b
}

// Fails if bytes don't cross whole in both directions at once, if the two ends have
// different bindings, or if several connections can't share a socket.
func TestConn(t *testing.T) {
	a, b := pair(t)
	for n := range uint64(3) {
		d, c := connect(t, a, b)
		if len(d.Binding()) != bindingSize || !bytes.Equal(d.Binding(), c.Binding()) {
			t.Fatalf("bindings %x and %x", d.Binding(), c.Binding())
		}
		done := make(chan struct{})
		for i, ends := range [][2]*Conn{{d, c}, {c, d}} {
			content := random(5<<20, 2*n+uint64(i))
			go ends[0].Write(content)
			go func() {
				defer func() { done <- struct{}{} }()
				got := make([]byte, len(content))
				if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, content) {
					t.Error("content changed", err)
				}
			}()
		}
		<-done
		<-done
	}
}

// Fails if what was written last is lost when one end finishes and the other reads on,
// or when both finish at once; or if that takes as long as waiting for nothing.
// Fails if a connection says that it is out of slow start before it has carried anything, or
// that it still is when it has long filled the line.
func TestSlowStart(t *testing.T) {
	a, b := pair(t)
	x, y := connect(t, a, b)
	if !x.SlowStart() {
		t.Error("not in slow start, and nothing has been sent")
	}
	stop := make(chan struct{})
	go func() {
		defer x.Close()
		for b := make([]byte, 1<<20); ; {
			select {
			case <-stop:
				return
			default:
				if _, err := x.Write(b); err != nil {
					return
				}
			}
		}
	}()
	p := make([]byte, 1<<20)
	for n := 0; x.SlowStart(); n++ {
		if _, err := io.ReadFull(y, p); err != nil || n == 2000 {
			t.Fatalf("in slow start after %d MiB: %v", n, err)
		}
	}
	close(stop)
	y.Close()
}

func TestFinish(t *testing.T) {
	a, b := pair(t)
	for range 5 {
		d, c := connect(t, a, b)
		begun := time.Now()
		done := make(chan int)
		for _, end := range []*Conn{d, c} {
			go func() {
				end.Write(make([]byte, 100_000))
				n, _ := io.ReadFull(end, make([]byte, 100_000))
				end.Finish()
				done <- n
			}()
		}
		if n, m := <-done, <-done; n != 100_000 || m != 100_000 {
			t.Errorf("%d and %d bytes arrived", n, m)
		}
		if took := time.Since(begun); took > finishTime {
			t.Errorf("it took %v", took)
		}
		<-d.Over()
		<-c.Over()
	}
}

// Fails if one end doesn't notice soon that the other one has closed, or if calls that
// wait don't end with their own Close, and at their deadlines.
func TestClose(t *testing.T) {
	a, b := pair(t)
	d, c := connect(t, a, b)
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that passes: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nobody reads: %v", err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, d)
		d.Read(make([]byte, 1))
		read <- err
	}()
	c.Close()
	if err := <-read; err == nil {
		t.Error("a connection that was closed seems to have ended in order")
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	<-c.Over()
	e, f := connect(t, a, b)
	go func() {
		_, err := e.Read(make([]byte, 1))
		read <- err
	}()
	e.Close()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a Read that waits: %v", err)
	}
	f.Close()
}

// Fails if what isn't the Port's doesn't get to who reads it.
func TestStrays(t *testing.T) {
	a, b := pair(t)
	connect(t, a, b)
	a.WriteTo([]byte{0, 1, 2}, b.address())
	got := make([]byte, 10)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	n, from, err := b.ReadFrom(ctx, got)
	if err != nil || !bytes.Equal(got[:n], []byte{0, 1, 2}) || from != a.address() {
		t.Errorf("%x from %v, %v", got[:n], from, err)
	}
}

func BenchmarkConn(b *testing.B) {
	x, y := pair(b)
	d, c := connect(b, x, y)
	go io.Copy(io.Discard, c)
	some := make([]byte, 1<<20)
	b.SetBytes(int64(len(some)))
	for b.Loop() {
		d.Write(some)
	}
}
