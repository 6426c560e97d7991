package punch

import (
	"context"
	"crypto/rand"
	"net"
	"runtime"
	"testing"
	"time"
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

// Fails if strangers who send hellos and STUN without end get more bytes back than
// they sent, leave something behind, or keep the peer out.
func TestFlood(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	awaitOpen(t, a)
	to, _ := b.Ports()
	target := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(to)}
	before := runtime.NumGoroutine()

	const packets = 3000
	c := stranger(t)
	sent := 0
	for n := range packets {
		p := make([]byte, 1200)
		if n%2 == 0 { // a hello
			rand.Read(p[1:])
			p[0] = 0x91
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
	connect(t, a, b)
}

// Fails if a peer that makes connections without end holds more than it may.
func TestManyConnections(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	at := awaitOpen(t, a)
	const most = 24 // package line's
	made := 0
	for range most + 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		c, err := a.Dial(ctx, at)
		cancel()
		if err != nil {
			continue
		}
		t.Cleanup(func() { c.Close() })
		made++
	}
	if made < 2 || made > most {
		t.Errorf("%d connections were made", made)
	}
}
