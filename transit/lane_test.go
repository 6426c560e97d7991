package transit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sesame/transit/record"
)

// lanePair returns both ends of a lane over a connection.
func lanePair(t testing.TB, suite record.Suite, a, b net.Conn) (s, r *Lane) {
	t.Helper()
	keys := deriveLaneKeys(testKeys("session"))
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, _ = startLane(b, Path{Kind: Direct}, Follower, keys, suite)
	}()
	s, err = startLane(a, Path{Kind: Direct}, Leader, keys, suite)
	<-done
	if err != nil || r == nil {
		t.Fatal("no lane: ", err)
	}
	return s, r
}

// connPair returns both ends of a TCP connection.
func connPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// testKeys returns the keys of a session by purpose.
func testKeys(session string) func(string, int) []byte {
	return func(purpose string, size int) []byte {
		return derive([]byte(session), purpose)[:size]
	}
}

// A cable is one end of an in-memory connection that takes what is written
// before anybody reads it, until direct is set.
type cable struct {
	net.Conn
	queue  chan []byte
	gone   chan struct{} // closed by Close
	direct atomic.Bool
	once   sync.Once
}

func newCable(c net.Conn) *cable {
	w := &cable{Conn: c, queue: make(chan []byte, 1000), gone: make(chan struct{})}
	go func() {
		defer c.Close()
		for {
			select {
			case p := <-w.queue:
				if _, err := c.Write(p); err != nil {
					return
				}
				continue
			default:
			}
			select {
			case p := <-w.queue:
				if _, err := c.Write(p); err != nil {
					return
				}
			case <-w.gone:
				return
			}
		}
	}()
	return w
}

func cablePair() (a, b *cable) {
	x, y := net.Pipe()
	return newCable(x), newCable(y)
}

func (w *cable) Write(p []byte) (n int, err error) {
	if w.direct.Load() {
		return w.Conn.Write(p)
	}
	select {
	case <-w.gone:
		return 0, net.ErrClosed
	case w.queue <- bytes.Clone(p):
		return len(p), nil
	}
}

// Close delivers what was written, if the other end reads it soon.
func (w *cable) Close() error {
	w.once.Do(func() {
		w.Conn.SetDeadline(time.Now().Add(time.Millisecond))
		close(w.gone)
	})
	return nil
}

// wires makes buffered wires of the connections to a listener.
type wires struct{ *memory }

func (l wires) Accept() (net.Conn, error) {
	c, err := l.memory.Accept()
	if err != nil {
		return nil, err
	}
	return newCable(c), nil
}

// startLanes returns Lanes whose only listener is l, not started.
func startLanes(role Role, l *memory, cfg Config) *Lanes {
	full, err := (&LanesConfig{Config: cfg, Suite: record.ChaCha20Poly1305}).withDefaults()
	if err != nil {
		panic(err)
	}
	var listener net.Listener
	if l != nil {
		listener = wires{l}
	}
	return newLanes(role, full, plainStation(role, &full.Config, nil, listener, false))
}

// meet is what the real peer of role does on c.
func meet(c net.Conn, role Role) (*Lane, error) {
	return startLane(c, Path{Kind: Direct}, role, deriveLaneKeys(testKeys("session")), record.ChaCha20Poly1305)
}

// What strangers say on an accepted connection, how long they are listened to,
// and that they learn nothing by which the next one could do better.
func TestLaneIntruders(t *testing.T) {
	keys := deriveLaneKeys(testKeys("session"))
	for _, role := range []Role{Leader, Follower} {
		peer := role.other()
		hello := keys.newHello(peer, nil)
		corrupt := func(i int) []byte {
			b := bytes.Clone(hello)
			b[i] ^= 1
			return b
		}
		type intruder struct {
			name string
			says []byte
			took time.Duration
			told int64
		}
		all := []intruder{
			{"nothing", nil, handshakeTime, helloSize},
			{"half of a hello", hello[:24], handshakeTime, helloSize},
			{"all but one byte", hello[:helloSize-1], handshakeTime, helloSize},
			{"short HTTP", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), handshakeTime, helloSize},
			{"HTTP", []byte("GET / HTTP/1.1\r\nHost: relay.example.org:4001\r\nAccept: */*\r\n\r\n"), 0, helloSize},
			{"classic handshake", deriveLines(key).sender, 0, helloSize},
			{"1 MiB of A", bytes.Repeat([]byte("A"), 1<<20), 0, helloSize},
			{"hello of our role", keys.newHello(role, nil), 0, helloSize},
			{"hello of another session", deriveLaneKeys(testKeys("other")).newHello(peer, nil), 0, helloSize},
			{"replayed hello", hello, handshakeTime, helloSize + record.Overhead},
			{"replayed hello, then noise", append(bytes.Clone(hello), bytes.Repeat([]byte{3, 0, 0, 16}, 10)...), 0, helloSize + record.Overhead},
			{"replayed hello, then an impossible length", append(bytes.Clone(hello), 3, 255, 255, 255), 0, helloSize + record.Overhead},
		}
		for _, i := range []int{0, 15, 16, 47} {
			all = append(all, intruder{"wrong byte", corrupt(i), 0, helloSize})
		}
		for _, c := range all {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				ls := startLanes(role, m, Config{Relays: []Relay{}})
				ls.Start(testKeys("session"), nil)
				conn := newCable(m.dial())
				conn.Write(c.says)
				begun := time.Now()
				n, _ := io.Copy(io.Discard, conn)
				if took := time.Since(begun).Truncate(time.Second); took != c.took {
					t.Errorf("%v: %s: closed after %v, want %v", role, c.name, took, c.took)
				}
				if n != c.told {
					t.Errorf("%v: %s: told %d bytes, want %d", role, c.name, n, c.told)
				}
				conn.Close()
				expectLane(t, ls, m, peer)
				ls.Close()
				time.Sleep(time.Minute) // wires end
			})
		}
	}
}

// expectLane lets the real peer come, and checks that it gets a lane.
func expectLane(t *testing.T, ls *Lanes, m *memory, peer Role) {
	t.Helper()
	theirs, err := meet(newCable(m.dial()), peer)
	if err != nil {
		t.Error("the peer gets no lane: ", err)
		return
	}
	ours, err := ls.Next(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	go theirs.Write(9, make([]byte, record.Overhead+5), 5)
	if typ, p, err := ours.Read(); err != nil || typ != 9 || len(p) != 5 {
		t.Errorf("read %d, %q, %v", typ, p, err)
	}
	theirs.Close()
}

// Our own words, said back to us byte by byte, don't make a lane.
func TestLaneReflection(t *testing.T) {
	for _, role := range []Role{Leader, Follower} {
		synctest.Test(t, func(t *testing.T) {
			ours, mirror := cablePair()
			go io.Copy(mirror, mirror)
			if _, err := meet(ours, role); !errors.Is(err, errStranger) {
				t.Errorf("%v: %v, want errStranger", role, err)
			}
			ours.Close()
			mirror.Close()
			time.Sleep(time.Minute)
		})
	}
}

// A whole lane, recorded and said again, makes no second one: neither side uses
// a nonce twice.
func TestLaneReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := cablePair()
		tap := &recording{Conn: b}
		done := make(chan error)
		go func() { _, err := meet(tap, Follower); done <- err }()
		if _, err := meet(a, Leader); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		c, d := cablePair()
		d.Write(tap.wrote.Bytes())
		if _, err := meet(c, Leader); !errors.Is(err, errStranger) {
			t.Errorf("%v, want errStranger", err)
		}
		for _, w := range []*cable{a, b, c, d} {
			w.Close()
		}
		time.Sleep(time.Minute)
	})
}

// recording keeps what is written.
type recording struct {
	net.Conn
	wrote bytes.Buffer
}

func (r *recording) Write(p []byte) (int, error) {
	r.wrote.Write(p)
	return r.Conn.Write(p)
}

func TestLaneSlowIntruder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		ls := startLanes(Leader, m, Config{Relays: []Relay{}})
		ls.Start(testKeys("session"), nil)
		conn, begun := m.dial(), time.Now()
		go io.Copy(io.Discard, conn)
		for _, b := range deriveLaneKeys(testKeys("session")).newHello(Follower, nil) {
			if _, err := conn.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); took > handshakeTime+2*time.Second {
			t.Errorf("listened for %v", took)
		}
		conn.Close()
		ls.Close()
		time.Sleep(time.Minute)
	})
}

// Seventy connections that say nothing hurt nobody, before and after the key
// is known.
func TestLaneSilentCrowd(t *testing.T) {
	for _, keyed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			ls := startLanes(Leader, m, Config{Relays: []Relay{}})
			if keyed {
				ls.Start(testKeys("session"), nil)
			}
			var crowd []net.Conn
			for range 70 {
				crowd = append(crowd, m.dial())
			}
			synctest.Wait()
			ls.work.mu.Lock()
			if n := len(ls.work.queue.unproven); n > maxUnproven {
				t.Errorf("%d connections are pending", n)
			}
			ls.work.mu.Unlock()
			if !keyed {
				ls.Start(testKeys("session"), nil)
			}
			expectLane(t, ls, m, Follower)
			ls.Close()
			for _, c := range crowd {
				c.Close()
			}
			time.Sleep(time.Minute)
		})
	}
}

// The peer may be quicker than the message that brings us the key.
func TestLanePeerBeforeKey(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		ok   bool
	}{{0, true}, {9 * time.Second, true}, {11 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			ls := startLanes(Follower, m, Config{Relays: []Relay{}})
			done := make(chan error)
			go func() {
				w := newCable(m.dial())
				l, err := meet(w, Leader)
				if err == nil {
					defer l.Close()
				} else {
					w.Close()
				}
				done <- err
			}()
			time.Sleep(c.wait)
			ls.Start(testKeys("session"), nil)
			if err := <-done; (err == nil) != c.ok {
				t.Errorf("key after %v: %v", c.wait, err)
			}
			ls.Close()
			time.Sleep(time.Minute)
		})
	}
}

// A relay that joins us with others first doesn't use up the wait for the peer.
func TestLanePeerAfterStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		begun := time.Now()
		ls := startLanes(Leader, nil, atRelay(&running, func(try int, c net.Conn) {
			io.WriteString(c, "ok\n")
			if try < 3 {
				go io.Copy(io.Discard, c)
				c.Write(make([]byte, 100))
				return
			}
			w := newCable(c)
			defer w.Close()
			l, err := meet(w, Follower)
			if err != nil {
				t.Error(err)
				return
			}
			l.Write(9, make([]byte, record.Overhead), 0)
			l.Read()
			l.Close()
		}))
		ls.cfg.Dialer = buffered(ls.cfg.Dialer)
		ls.Start(testKeys("session"), nil)
		l, err := ls.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("took %v", took)
		}
		if got := l.Path().Words(); got != "relay relay.example.org" {
			t.Errorf("path %q", got)
		}
		if typ, _, err := l.Read(); typ != 9 || err != nil {
			t.Errorf("read %d, %v", typ, err)
		}
		ls.Close()
		running.Wait()
		time.Sleep(time.Minute)
	})
}

type dialFunc = func(context.Context, string, string) (net.Conn, error)

// buffered makes wires of what dial returns.
func buffered(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newCable(c), nil
	}
}

// A peer that takes nothing fails a write, and Close doesn't wait for it.
func TestLaneStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := cablePair()
		s, r := lanePair(t, record.ChaCha20Poly1305, a, b)
		a.direct.Store(true)
		begun := time.Now()
		err := s.Write(1, make([]byte, record.MaxPayload+record.Overhead), record.MaxPayload)
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != laneStall {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		if again := s.Write(1, make([]byte, record.Overhead), 0); again != err {
			t.Errorf("second write: %v", again)
		}
		s.Close()
		r.Close()
		time.Sleep(time.Minute)
	})
}

// A slow line isn't a stall, however large the record.
func TestLaneSlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := cablePair()
		s, r := lanePair(t, record.ChaCha20Poly1305, a, b)
		a.direct.Store(true)
		slow := make(chan error)
		go func() {
			for {
				time.Sleep(laneStall * 2 / 3)
				if n, err := b.Conn.Read(make([]byte, 20<<10)); err != nil || n < 20<<10 {
					slow <- err
					return
				}
			}
		}()
		if err := s.Write(1, make([]byte, record.MaxPayload+record.Overhead), record.MaxPayload); err != nil {
			t.Error(err)
		}
		if err := <-slow; err != nil {
			t.Error(err)
		}
		if d := r.Idle(); d < time.Minute {
			t.Errorf("idle for %v", d)
		}
		go io.Copy(io.Discard, b.Conn)
		s.Close()
		r.Close()
		time.Sleep(time.Minute)
	})
}

// Close isn't held up by a write that waits.
func TestLaneCloseWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := cablePair()
		s, r := lanePair(t, record.ChaCha20Poly1305, a, b)
		a.direct.Store(true)
		wrote := make(chan error)
		go func() {
			wrote <- s.Write(1, make([]byte, record.MaxPayload+record.Overhead), record.MaxPayload)
		}()
		synctest.Wait()
		begun := time.Now()
		s.Close()
		if took := time.Since(begun); took > lastWords+drainTime {
			t.Errorf("took %v", took)
		}
		if err := <-wrote; err == nil {
			t.Error("the write succeeded")
		}
		r.Close()
		time.Sleep(time.Minute)
	})
}

func TestLaneReservedTypes(t *testing.T) {
	for _, typ := range []byte{record.Final, recordReady, recordAside} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "transit: ") {
					t.Errorf("type %d: %v", typ, r)
				}
			}()
			new(Lane).Write(typ, nil, 0)
		}()
	}
}

// Whether the peer's program is gone.
func TestLanesRefused(t *testing.T) {
	refuse := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	silent := func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	for _, c := range []struct {
		name string
		dial dialFunc
		want bool
	}{{"refused", refuse, true}, {"silent", silent, false}} {
		synctest.Test(t, func(t *testing.T) {
			ls := startLanes(Leader, nil, Config{Relays: []Relay{}, Dialer: c.dial})
			ls.Start(testKeys("session"), []Hint{{Type: typeDirect, Hostname: "203.0.113.9", Port: 4431}})
			time.Sleep(19 * time.Second)
			if ls.Refused() {
				t.Errorf("%s: refused after 19 s", c.name)
			}
			time.Sleep(2 * time.Second)
			if ls.Refused() != c.want {
				t.Errorf("%s: refused is %v after 21 s", c.name, !c.want)
			}
			if text := ls.NoPath().Error(); !strings.Contains(text, "203.0.113.9:4431") {
				t.Errorf("%s: %q", c.name, text)
			}
			ls.Close()
		})
	}
}

// However many addresses a peer sends, few are dialled.
func TestLanesHintsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		dialled := map[string]int{}
		ls := startLanes(Leader, nil, Config{Relays: []Relay{}, Dialer: func(_ context.Context, _, addr string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			dialled[addr]++
			return nil, syscall.ECONNREFUSED
		}})
		ls.Start(testKeys("session"), nil)
		for i := range 1000 {
			ls.AddHints([]Hint{{Type: typeDirect, Hostname: fmt.Sprintf("203.0.%d.%d", 114+i/250, i%250), Port: 4431}}, 0)
			time.Sleep(10 * time.Millisecond)
		}
		ls.Close()
		if len(dialled) > maxAddresses {
			t.Errorf("%d addresses were dialled", len(dialled))
		}
		for addr, n := range dialled {
			if n > 10 {
				t.Errorf("%s was dialled %d times in 10 s", addr, n)
			}
		}
	})
}

func TestLanesStartTwicePanics(t *testing.T) {
	ls := startLanes(Leader, nil, Config{Relays: []Relay{}})
	defer ls.Close()
	ls.Start(testKeys("session"), nil)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	ls.Start(testKeys("session"), nil)
}

// Fails if a lane that is dropped keeps its connection, since the peer's last word came just
// before that: nobody would close it any more.
func TestLaneDropAfterLastWord(t *testing.T) {
	x, y := cablePair()
	defer x.Close()
	peer := make(chan *Lane, 1)
	go func() {
		l, _ := meet(y, Follower)
		peer <- l
	}()
	l, err := meet(x, Leader)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		(<-peer).Close()
		close(ended)
	}()
	if typ, _, err := l.Read(); err != nil || typ != record.Final {
		t.Fatalf("read %d, %v; want the final record", typ, err)
	}
	l.Drop()
	select {
	case <-x.gone:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still there")
	}
	<-ended
}
