package punch

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
)

// strangers opens a UDP socket that nobody was told of.
func stranger(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Fails if strangers who send QUIC and STUN without end get more bytes back than
// they sent, leave something behind, or keep the peer out.
func TestFlood(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	awaitOpen(t, a)
	to, _ := b.Ports()
	target := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(to)}
	initial := firstPacket(t)
	before := runtime.NumGoroutine()

	const packets = 3000
	c := stranger(t)
	sent := 0
	for n := range packets {
		p := append([]byte(nil), initial...)
		if n%2 == 0 {
			rand.Read(p[6:14]) // another connection
		} else {
			p = newCheck(newID(), []byte("no key of this session"))
		}
		k, err := c.WriteTo(p, target)
		if err != nil {
			t.Fatal(err)
		}
		sent += k
	}
	got, buf := 0, make([]byte, 2000)
	for {
		c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Read(buf)
		if err != nil {
			break
		}
		got += n
	}
	if got > sent/2 {
		t.Errorf("%d bytes came back for %d", got, sent)
	}
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	for _, s := range b.hunt.sockets {
		if n := s.carrier.(*quicPort).incoming.Load(); n > 0 {
			t.Errorf("%d connections of strangers", n)
		}
	}
	connect(t, a, b)
}

// firstPacket returns what a client sends first.
func firstPacket(t *testing.T) []byte {
	t.Helper()
	ear, mouth := stranger(t), stranger(t)
	tls, err := newSecurity()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	dialling := make(chan error)
	transport := &quic.Transport{Conn: mouth}
	defer transport.Close()
	go func() {
		_, err := transport.Dial(ctx, ear.LocalAddr(), tls.client, quicConfig)
		dialling <- err
	}()
	buf := make([]byte, 2000)
	n, err := ear.Read(buf)
	cancel()
	if dialled := <-dialling; err != nil || !errors.Is(dialled, context.Canceled) {
		t.Fatal(err, dialled)
	}
	return buf[:n]
}

// Fails if a peer that makes connections without end holds more than it may.
func TestManyConnections(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	at := awaitOpen(t, a)
	made := 0
	for range maxIncoming + 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		c, err := a.Dial(ctx, at)
		cancel()
		if err != nil {
			continue
		}
		t.Cleanup(func() { c.Close() })
		made++
	}
	if made < 2 || made > maxIncoming {
		t.Errorf("%d connections were made", made)
	}
}
