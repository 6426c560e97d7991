package punch

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// sessionKey returns the keys of a session by purpose.
func sessionKey(session string) func(string, int) []byte {
	return func(purpose string, size int) []byte {
		sum := sha256.Sum256([]byte(session + "\x00" + purpose))
		return sum[:size]
	}
}

func anywhere(netip.AddrPort) bool { return true }

// listen returns an Agent on loopback that is closed with the test.
func listen(t testing.TB, sender bool, servers ...string) *Agent {
	t.Helper()
	a, err := Listen(Config{
		Leader: sender, Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")},
		Servers: servers, Allow: anywhere, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// meet lets two Agents look for each other.
func meet(a, b *Agent) {
	a.Start(sessionKey("session"))
	b.Start(sessionKey("session"))
	a.SetPeer(b.Candidates())
	b.SetPeer(a.Candidates())
}

// awaitOpen returns the first address that opens at a.
func awaitOpen(t testing.TB, a *Agent) netip.AddrPort {
	t.Helper()
	return awaitOne(t, a, func(netip.AddrPort) bool { return true })
}

// awaitOne returns the first address that opens at a and is one of those.
func awaitOne(t testing.TB, a *Agent, of func(netip.AddrPort) bool) netip.AddrPort {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		open := a.Open()
		if i := slices.IndexFunc(open, of); i >= 0 {
			return open[i]
		}
		select {
		case <-a.Changed():
		case <-late:
			t.Fatal("nothing opened")
		}
	}
}

// connect makes a connection from a to b, where peers must be open.
func connect(t testing.TB, a, b *Agent) (dialled, accepted Conn) {
	t.Helper()
	return connectAt(t, a, b, awaitOpen(t, a))
}

// connectAt is connect for an address of b's that is open.
func connectAt(t testing.TB, a, b *Agent, to netip.AddrPort) (dialled, accepted Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	dialled, err := a.Dial(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close() })
	if _, err := dialled.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if accepted, err = b.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	if _, err := io.ReadFull(accepted, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return dialled, accepted
}

// Fails if two Agents that know each other's addresses don't find a way, if bytes
// don't cross it whole in both directions, or if several connections can't share it.
func TestConnect(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	content := make([]byte, 3<<20)
	rand.Read(content)
	for range 3 {
		d, c := connect(t, a, b)
		if !bytes.Equal(d.Binding(), c.Binding()) || len(d.Binding()) != 32 {
			t.Fatalf("bindings %x and %x", d.Binding(), c.Binding())
		}
		for _, ends := range [][2]Conn{{d, c}, {c, d}} {
			go ends[0].Write(content)
			got := make([]byte, len(content))
			if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, content) {
				t.Fatal("content changed", err)
			}
		}
	}
}

// Fails if the last bytes are lost when both ends finish at once, or if that takes
// as long as waiting for nothing.
func TestFinish(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	for range 5 {
		d, c := connect(t, a, b)
		begun := time.Now()
		done := make(chan []byte)
		for _, end := range []Conn{d, c} {
			go func() {
				end.Write(bytes.Repeat([]byte("x"), 100_000))
				got, _ := io.ReadAll(io.LimitReader(end, 100_000))
				end.Finish()
				done <- got
			}()
		}
		for range 2 {
			if got := <-done; len(got) != 100_000 {
				t.Errorf("%d bytes arrived", len(got))
			}
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
	}
}

// Fails if somebody without the key of the session gets an answer, is told that an
// address opened, or can connect.
func TestStranger(t *testing.T) {
	a, b, stranger := listen(t, true), listen(t, false), listen(t, true)
	meet(a, b)
	stranger.Start(sessionKey("another"))
	stranger.SetPeer(b.Candidates())
	connect(t, a, b)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := stranger.Dial(ctx, b.Candidates()[0]); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stranger connects: %v", err)
	}
	if open := stranger.Open(); len(open) > 0 {
		t.Errorf("a stranger found %v", open)
	}
}

// Fails if the answer of a STUN server isn't among the candidates, or if what a
// hostile one says is.
func TestServers(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	want := netip.MustParseAddrPort("203.0.113.7:4321")
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := server.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			m, ok := parse(b[:n])
			if !ok {
				continue
			}
			other := m.ID
			other[0]++
			for _, answer := range [][]byte{
				newAnswer(other, netip.MustParseAddrPort("203.0.113.66:1"), nil),
				bytes.Repeat([]byte{0}, 1400),
				b[:n], // a reflection
				newAnswer(m.ID, want, nil),
				newAnswer(m.ID, netip.MustParseAddrPort("203.0.113.67:1"), nil),
			} {
				server.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	a := listen(t, true, server.LocalAddr().String())
	late := time.After(10 * time.Second)
	for {
		got := a.Candidates()
		if len(got) == 3 && got[0] == want {
			break
		}
		select {
		case <-a.Changed():
		case <-late:
			t.Fatalf("candidates %v", got)
		}
	}
}

// Fails if other ports aren't told of, or two Agents don't find each other at those; or
// the old ones are still held.
func TestRefresh(t *testing.T) {
	a, b := listen(t, true), listen(t, false)
	meet(a, b)
	awaitOpen(t, a)
	awaitOpen(t, b)
	before, _ := a.Ports()
	for _, agent := range []*Agent{a, b} {
		for len(agent.Changed()) > 0 {
			<-agent.Changed()
		}
		agent.refresh()
		<-agent.Changed()
	}
	if after, _ := a.Ports(); after == before || after == 0 {
		t.Errorf("the port was %d and is %d", before, after)
	}
	old, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(before)})
	if err != nil {
		t.Errorf("the old port: %v", err)
	} else {
		old.Close()
	}
	a.SetPeer(b.Candidates())
	b.SetPeer(a.Candidates())
	// An address that b had until then may have opened at a's new port, and be open for a while yet.
	now := b.Candidates()
	connectAt(t, a, b, awaitOne(t, a, func(at netip.AddrPort) bool { return slices.Contains(now, at) }))
}

// Fails if an Agent that is closed at the moment when other ports are worth a try isn't
// closed ever: it opens none then, and so the moment doesn't pass.
func TestCloseWhileStale(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := time.Now().Add(-time.Hour)
	never := func(netip.AddrPort) bool { return false }
	c := newChecker(make([]byte, keySize), make([]byte, keySize), never, newID)
	to := netip.MustParseAddrPort("203.0.113.1:1000")
	c.add(to, false, long).reserve = reserve{since: long, fullAt: long}
	a := &Agent{cfg: Config{}.withDefaults(), ctx: ctx, cancel: cancel, kick: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	a.hunt = hunt{seeking: true, checker: c, reflex: &reflex{newID: newID}, shy: &shyness{found: true}}
	ended := make(chan struct{})
	go func() {
		a.run()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
}
