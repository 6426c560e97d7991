package line

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A meddler stands between the two ends of a connection, and sends on what it makes of
// each packet.
type meddler struct {
	sides  [2]*net.UDPConn // towards the dialler, towards the acceptor
	mu     sync.Mutex
	peers  [2]netip.AddrPort
	meddle func(way int, p []byte) [][]byte // there is 0; one call at a time
}

func newMeddler(t *testing.T, to netip.AddrPort, meddle func(way int, p []byte) [][]byte) *meddler {
	m := &meddler{peers: [2]netip.AddrPort{1: to}, meddle: meddle}
	for i := range m.sides {
		side, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		side.SetReadBuffer(wanted)
		m.sides[i] = side
		t.Cleanup(func() { side.Close() })
	}
	for i := range m.sides {
		go m.carry(i)
	}
	return m
}

// carry takes what comes from one side to the other.
func (m *meddler) carry(way int) {
	b := make([]byte, 1<<16)
	for {
		n, from, err := m.sides[way].ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		m.mu.Lock()
		m.peers[way] = from
		to := m.peers[1-way]
		for _, p := range m.meddle(way, b[:n]) {
			m.sides[1-way].WriteToUDPAddrPort(p, to)
		}
		m.mu.Unlock()
	}
}

// meddled returns the ends of a connection with somebody between them.
func meddled(t *testing.T, meddle func(way int, p []byte) [][]byte) (d, c *Conn, a, b *Port) {
	t.Helper()
	a, b = pair(t)
	m := newMeddler(t, b.address(), meddle)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := a.Dial(ctx, addrOf(m.sides[0].LocalAddr()))
	if err != nil {
		t.Fatal(err)
	}
	if c, err = b.Accept(); err != nil {
		t.Fatal(err)
	}
	return d, c, a, b
}

// exchange has both ends send so much at once, and fails if it doesn't arrive as it was.
func exchange(t *testing.T, d, c *Conn, size int) {
	t.Helper()
	var running sync.WaitGroup
	for i, ends := range [][2]*Conn{{d, c}, {c, d}} {
		content := random(size, uint64(i))
		running.Go(func() { ends[0].Write(content) })
		running.Go(func() {
			ends[1].SetReadDeadline(time.Now().Add(time.Minute))
			got := make([]byte, size)
			if n, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d of %d bytes arrived as they were, %v", n, size, err)
			}
		})
	}
	running.Wait()
}

// Fails if somebody between the two who forges, repeats, cuts and says again from long
// ago what he sees, hellos and replies too, changes what arrives, ends the connection,
// makes another one, or has more kept than usual.
func TestRubbish(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var old [2][][]byte
	d, c, _, b := meddled(t, func(way int, p []byte) [][]byte {
		out := [][]byte{p}
		if len(old[way]) < 100 {
			old[way] = append(old[way], bytes.Clone(p))
		}
		forged := bytes.Clone(p)
		forged[rnd.IntN(len(p))] ^= byte(1 + rnd.IntN(255))
		number := bytes.Clone(p)
		if put48(number[5:], rnd.Uint64()&(1<<48-1)); len(p) > 60 {
			number[len(p)-1] ^= 1
		}
		for _, more := range [][]byte{forged, number, p, p[:rnd.IntN(len(p))], old[way][rnd.IntN(len(old[way]))], append(bytes.Clone(p), 0)} {
			if rnd.IntN(3) == 0 {
				out = append(out, more)
			}
		}
		rnd.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	})
	exchange(t, d, c, 4<<20)
	b.table.mu.Lock()
	conns, halfs := len(b.table.conns), len(b.table.halfs)
	b.table.mu.Unlock()
	if conns != 1 || halfs > 0 {
		t.Errorf("%d connections, %d halves", conns, halfs)
	}
	for _, end := range []*Conn{d, c} {
		end.mu.Lock()
		m := end.state.machine
		if len(m.acks.seen) > maxSeen || len(m.in.ring.b) > window || len(m.flight.sent) > 1<<15 {
			t.Errorf("%d spans, %d bytes, %d packets are kept", len(m.acks.seen), len(m.in.ring.b), len(m.flight.sent))
		}
		end.mu.Unlock()
	}
	d.Write([]byte("still there"))
	if _, err := io.ReadFull(c, make([]byte, 11)); err != nil {
		t.Error(err)
	}
}

// Fails if a connection doesn't go on when large packets vanish from one moment on, in
// one direction or in both.
func TestLargeVanish(t *testing.T) {
	for name, ways := range map[string][2]bool{"there": {true, false}, "back": {false, true}, "both": {true, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passed := 0
			var large atomic.Int32
			d, c, _, _ := meddled(t, func(way int, p []byte) [][]byte {
				if passed += len(p); passed > 4<<20 && ways[way] && len(p) > smallest {
					return nil
				} else if len(p) > smallest {
					large.Add(1)
				}
				return [][]byte{p}
			})
			exchange(t, d, c, 4<<20)
			if large.Load() == 0 {
				t.Error("no large packet was sent")
			}
		})
	}
}

// Fails if a connection doesn't live through a change of its keys in the middle of what
// both send.
func TestKeyChange(t *testing.T) {
	a, b := pair(t)
	d, c := connect(t, a, b)
	d.Write([]byte("x"))
	io.ReadFull(c, make([]byte, 1)) // all is acknowledged soon, and nothing is under way
	for _, end := range []*Conn{d, c} {
		for {
			end.mu.Lock()
			f := &end.state.machine.flight
			quiet := f.flying == 0
			if quiet { // as if so many had been sent
				f.next, f.low, f.scan = keyPackets-500, keyPackets-500, keyPackets-500
				f.choose()
			}
			end.mu.Unlock()
			if quiet {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	exchange(t, d, c, 4<<20)
	for _, end := range []*Conn{d, c} {
		end.mu.Lock()
		if end.in.index != 1 || end.state.machine.flight.next < keyPackets {
			t.Errorf("generation %d, number %d", end.in.index, end.state.machine.flight.next)
		}
		end.mu.Unlock()
	}
}

// Fails if a connection breaks, or stands still, when the end that sends gets another
// address in the middle of it, and again.
func TestSenderMoves(t *testing.T) {
	a, b := pair(t)
	n := newTranslator(t, b.address())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := a.Dial(ctx, n.inside())
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Accept()
	if err != nil {
		t.Fatal(err)
	}
	content := random(6<<20, 1)
	go func() {
		for part := range 3 {
			if part > 0 {
				n.forget(t)
			}
			d.Write(content[part<<21 : (part+1)<<21])
		}
	}()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	got := make([]byte, len(content))
	if k, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes arrived as they were, %v", k, err)
	}
	c.Write([]byte("x"))
	if _, err := io.ReadFull(d, make([]byte, 1)); err != nil || addrOf(c.RemoteAddr()) != n.outside() {
		t.Errorf("the peer is at %v, want %v; %v", c.RemoteAddr(), n.outside(), err)
	}
}

// FuzzPackets fails if several packets of a peer that has the keys make a panic, or have
// us keep more than we may: each is its length, how much its number is above that of the
// one before, and its frames.
func FuzzPackets(f *testing.F) {
	ping, fin := []byte{1, 1, framePing}, []byte{finSize, 1, frameFin, 0, 0, 0, 0, 0, 3}
	data := []byte{dataHead + 2, 1, frameData, 0, 0, 0, 0, 0, 1, 0, 2, 7, 7}
	f.Add(bytes.Join([][]byte{data, fin, ping, data}, nil))
	acked := ackOf(ack{top: 3, window: 1 << 20}, 2, 0)
	f.Add(append([]byte{byte(len(acked)), 200}, acked...))
	f.Add(bytes.Join([][]byte{{challengeSize, 1, frameChallenge, 1, 2, 3, 4, 5, 6, 7, 8}, {closeSize, 0, frameClose, closeDone}, ping}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := sentBy(30)
		m.finish()
		buf := make([]byte, largest)
		number, now := uint64(0), time.Second
		for len(b) >= 2 && !m.over() {
			n := min(int(b[0]), len(b)-2)
			number += uint64(b[1])
			m.handle(now, number, b[2:2+n])
			b = b[2+n:]
			m.ask(now, token{1})
			for range 3 {
				m.next(now, 0, buf)
			}
			m.read(buf[:20])
			now = max(m.wake(now), now+time.Millisecond)
			m.tick(now)
		}
		if len(m.in.ring.b) > window || m.out.held() > maxHeld || m.flight.flying < 0 || len(m.acks.seen) > maxSeen {
			t.Fatalf("%d bytes of the peer, %d of ours, %d under way, %d spans", len(m.in.ring.b), m.out.held(), m.flight.flying, len(m.acks.seen))
		}
	})
}
