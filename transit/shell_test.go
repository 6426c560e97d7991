package transit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesame/transit/way"
)

var key = bytes.Repeat([]byte{0x42}, KeySize)

// memory is a listener without a network.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { m.once.Do(func() { close(m.done) }); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 4431} }

// dial returns the client's end of a connection to m, a closed one if m is.
func (m *memory) dial() net.Conn {
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
	case <-m.done:
		theirs.Close()
	}
	return ours
}

// start returns an Endpoint whose only listener is l (nil for none).
func start(role Role, l net.Listener, cfg Config) *Endpoint {
	full, err := cfg.withDefaults()
	if err != nil {
		panic(err)
	}
	return newEndpoint(role, key, full, plainStation(role, &full, nil, l, true))
}

// atRelay returns a configuration whose only path is a relay played by serve,
// which gets each connection after its relay line.
func atRelay(running *sync.WaitGroup, serve func(try int, c net.Conn)) Config {
	var tries atomic.Int32
	return Config{NoDirect: true, Relays: []Relay{{Address: "relay.example.org:4001"}},
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			running.Go(func() {
				defer theirs.Close()
				if _, err := io.ReadFull(theirs, make([]byte, 104)); err == nil {
					serve(int(tries.Add(1)), theirs)
				}
			})
			return ours, nil
		}}
}

// What relays do wrong, how long that may take, and what the person is told.
func TestBadRelays(t *testing.T) {
	silence := func(c net.Conn) { io.Copy(io.Discard, c) }
	for _, c := range []struct {
		name  string
		serve func(try int, c net.Conn)
		took  time.Duration
		tries int32
		says  string
	}{
		{"silent", func(_ int, c net.Conn) { silence(c) }, 60 * time.Second, 1, "was reached, but the other computer did not come"},
		{"hangs up", func(int, net.Conn) {}, 0, 1, "was reached, but the other computer did not come"},
		{"ok then silence", func(_ int, c net.Conn) { io.WriteString(c, "ok\n"); silence(c) }, 30 * time.Second, 3, "did not answer"},
		{"ok then hangs up", func(_ int, c net.Conn) { io.WriteString(c, "ok\n") }, 0, 3, "relay.example.org:4001"},
		{"one byte per 10 s", func(_ int, c net.Conn) {
			for _, b := range []byte("ok\n") {
				time.Sleep(10*time.Second + time.Millisecond)
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
			}
		}, 20*time.Second + time.Millisecond, 1, "did not answer"},
		{"ok then one byte per 10 s", func(_ int, c net.Conn) {
			io.WriteString(c, "ok\n")
			for _, b := range deriveLines(key).sender {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(10*time.Second + time.Millisecond)
			}
		}, 30 * time.Second, 3, "did not answer"},
		{"impatient", func(_ int, c net.Conn) { io.WriteString(c, "impatient\n") }, 0, 1, `said "impatient"`},
		{"bad handshake", func(_ int, c net.Conn) { io.WriteString(c, "bad handshake\n") }, 0, 1, `said "bad handshake"`},
		{"speaks HTTP", func(_ int, c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, 0, 1, `said "HTTP/1.1 400 Bad Request`},
		{"controls the terminal", func(_ int, c net.Conn) { io.WriteString(c, "\x1b]0;pwned\a\n") }, 0, 1, "said"},
		{"a stranger each time", func(_ int, c net.Conn) {
			io.WriteString(c, "ok\n")
			io.WriteString(c, "transit receiver "+strings.Repeat("0", 64)+" ready\n\n")
		}, 0, 3, "was answered by somebody else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var running sync.WaitGroup
				var tries atomic.Int32
				e := start(Follower, nil, atRelay(&running, func(try int, conn net.Conn) {
					tries.Store(int32(try))
					if c.name == "a stranger each time" {
						go io.Copy(io.Discard, conn)
					}
					c.serve(try, conn)
				}))
				begun := time.Now()
				_, err := e.Connect(t.Context(), Message{})
				var none *NoPathError
				if !errors.As(err, &none) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want it to say %q", err, c.says)
				}
				if strings.ContainsAny(err.Error(), "\x1b\n\r\a") {
					t.Errorf("%q reaches the terminal", err)
				}
				if took := time.Since(begun); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				if tries.Load() != c.tries {
					t.Errorf("%d tries, want %d", tries.Load(), c.tries)
				}
				running.Wait()
			})
		})
	}
}

func TestBannerOfAGibibyte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		var read atomic.Int64
		e := start(Leader, nil, atRelay(&running, func(_ int, c net.Conn) {
			for read.Load() < 1<<30 {
				n, err := c.Write([]byte("A"))
				read.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))
		if _, err := e.Connect(t.Context(), Message{}); err == nil {
			t.Error("connected")
		}
		running.Wait()
		if n := read.Load(); n > 1<<10 {
			t.Errorf("%d bytes of the banner were read", n)
		}
	})
}

// A stranger who takes the place at the relay doesn't use up the wait for the
// peer.
func TestPeerAfterStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		e := start(Leader, nil, atRelay(&running, func(try int, c net.Conn) {
			io.WriteString(c, "ok\n")
			if try < 3 {
				io.ReadFull(c, make([]byte, 87))
				io.WriteString(c, "GET / HTTP/1.1\r\n")
				return
			}
			if err := deriveLines(key).proveReceiver(c); err != nil {
				t.Error(err)
			}
			if err := awaitDecision(c); err != nil {
				t.Error(err)
			}
		}))
		c, err := e.Connect(t.Context(), Message{})
		if err != nil {
			t.Fatal(err)
		}
		running.Wait()
		c.Close()
	})
}

// What strangers say to the listener of a side that knows the key.
func TestHandshakeIntruders(t *testing.T) {
	l := deriveLines(key)
	for _, role := range []Role{Leader, Follower} {
		good := string(l.receiver)
		reflected := string(l.sender)
		if role == Follower {
			good, reflected = reflected, good
		}
		type intruder struct {
			name, says string
			took       time.Duration
		}
		all := []intruder{
			{"nothing", "", 10 * time.Second},
			{"half of the line", good[:40], 10 * time.Second},
			{"reflection of our own line", reflected, 0},
			{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0},
			{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0},
			{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", 0},
			{"SMB", "\x00\x00\x00\x85\xffSMBr", 0},
			{"one byte", "A", 0},
			{"line with CR", good[:len(good)-2] + "\r\n", 0},
			{"other key", good[:20] + strings.Repeat("0", 64-20+17) + good[81:], 0},
		}
		for i := range good {
			bad := []byte(good)
			bad[i] ^= 1
			all = append(all, intruder{"wrong byte", string(bad), 0})
		}
		for _, c := range all {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				e := start(role, m, Config{Relays: []Relay{}})
				c2 := m.dial()
				go io.WriteString(c2, c.says) // a pipe blocks what isn't read
				begun := time.Now()
				n, _ := io.Copy(io.Discard, c2)
				if took := time.Since(begun); took != c.took {
					t.Errorf("%v: %s: closed after %v, want %v", role, c.name, took, c.took)
				}
				if limit := int64(len(l.sender)); role == Leader && n > limit || role == Follower && n > 0 {
					t.Errorf("%v: %s: told %d bytes", role, c.name, n)
				}
				c2.Close()
				e.Close()
			})
		}
	}
}

func TestSlowIntruder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		e := start(Follower, m, Config{Relays: []Relay{}})
		c, begun := m.dial(), time.Now()
		for _, b := range deriveLines(key).sender {
			if _, err := c.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); took > 11*time.Second {
			t.Errorf("one byte per second was listened to for %v", took)
		}
		e.Close()
	})
}

// receive plays a receiver on c up to the sender's decision.
func receive(c net.Conn) error {
	if err := deriveLines(key).proveReceiver(c); err != nil {
		return err
	}
	return awaitDecision(c)
}

// Seventy connections that say nothing hurt nobody.
func TestSilentCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		e := start(Leader, m, Config{Relays: []Relay{}})
		var crowd []net.Conn
		for range 70 {
			crowd = append(crowd, m.dial())
		}
		synctest.Wait()
		e.work.mu.Lock()
		if n := len(e.work.queue.unproven); n > maxUnproven {
			t.Errorf("%d connections are pending", n)
		}
		e.work.mu.Unlock()
		peer := make(chan error)
		go func() { peer <- receive(m.dial()) }()
		c, err := e.Connect(t.Context(), Message{})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-peer; err != nil {
			t.Error(err)
		}
		for _, s := range crowd {
			s.Close()
		}
		c.Close()
	})
}

// Several connections of the real peer: it is told to go on with one.
func TestExactlyOneGo(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			e := start(Leader, m, Config{Relays: []Relay{}})
			var gone atomic.Int32
			var peers sync.WaitGroup
			for range 10 {
				peers.Go(func() {
					c := m.dial()
					defer c.Close()
					if receive(c) == nil {
						gone.Add(1)
						io.Copy(io.Discard, c)
					}
				})
			}
			c, err := e.Connect(t.Context(), Message{})
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			peers.Wait()
			if n := gone.Load(); n != 1 {
				t.Errorf("said go %d times", n)
			}
		})
	}
}

// A receiver keeps finished handshakes and follows the one that says go, read
// to the byte: records come right behind.
func TestReceiverFollowsTheDecision(t *testing.T) {
	for _, wrong := range []string{"nevermind\n", "go\r\n", "GO\n", "g", "\n", "go "} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			e := start(Follower, m, Config{Relays: []Relay{}})
			prove := func() net.Conn {
				c := m.dial()
				if err := deriveLines(key).proveSender(c); err != nil {
					t.Error(err)
				}
				return c
			}
			refused, idle, chosen := prove(), prove(), prove()
			result := make(chan *Conn)
			go func() {
				c, err := e.Connect(t.Context(), Message{})
				if err != nil {
					t.Error(err)
				}
				result <- c
			}()
			synctest.Wait()
			go func() {
				io.WriteString(refused, wrong)
				refused.Close()
			}()
			synctest.Wait()
			other := &stream{raw: chosen}
			var sealed bytes.Buffer
			w := newConn(&recorder{Conn: chosen, out: &sealed}, Path{}, key, Leader, 0)
			w.WriteRecord([]byte("first record"))
			go other.Write(append([]byte("go\n"), sealed.Bytes()...))
			c := <-result
			if c == nil {
				t.Fatal("not connected")
			}
			if p, err := c.ReadRecord(); err != nil || string(p) != "first record" {
				t.Errorf("after %q on another: %q, %v", wrong, p, err)
			}
			if _, err := idle.Read(make([]byte, 1)); err == nil {
				t.Error("the connection that wasn't chosen is open")
			}
			chosen.Close()
			c.Close()
		})
	}
}

// recorder keeps what is written instead of sending it.
type recorder struct {
	net.Conn
	out *bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error)      { return r.out.Write(p) }
func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

// Nothing that goes wrong with a relay holds up a direct path, nor the other
// way round.
func TestPathsDontWaitForEachOther(t *testing.T) {
	hang := func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	peerAt := func(hello bool) func(context.Context) (net.Conn, error) {
		return func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				if hello {
					io.ReadFull(theirs, make([]byte, 104))
					io.WriteString(theirs, "ok\n")
				}
				receive(theirs)
				theirs.Close()
			}()
			return ours, nil
		}
	}
	for _, c := range []struct {
		name          string
		direct, relay func(context.Context) (net.Conn, error)
		want          time.Duration
	}{
		{"relay hangs, direct works", peerAt(false), hang, 0},
		{"direct hangs, relay works", hang, peerAt(true), classicPace.relayStep + directGrace},
		{"both work", peerAt(false), peerAt(true), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Relays: []Relay{{Address: "relay.example.org:4001"}},
					Dialer: func(ctx context.Context, _, addr string) (net.Conn, error) {
						if strings.HasPrefix(addr, "relay") {
							return c.relay(ctx)
						}
						return c.direct(ctx)
					}}
				e := start(Leader, nil, cfg)
				begun := time.Now()
				conn, err := e.Connect(t.Context(), Message{Hints: []Hint{{Type: typeDirect, Hostname: "203.0.113.9", Port: 4431}}})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
				conn.Close()
			})
		})
	}
}

func TestDialsAreBoundedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took atomic.Int64
		e := start(Leader, nil, Config{Relays: []Relay{}, Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			begun := time.Now()
			<-ctx.Done()
			took.Store(int64(time.Since(begun)))
			return nil, ctx.Err()
		}})
		_, err := e.Connect(t.Context(), Message{Hints: []Hint{{Type: typeDirect, Hostname: "203.0.113.9", Port: 4431}}})
		if want := "direct 203.0.113.9:4431 did not answer"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if d := time.Duration(took.Load()); d != dialTime {
			t.Errorf("a dial took %v", d)
		}
	})
}

// A connection that was proven and then dropped before Connect isn't chosen.
func TestDeadCandidateIsPassedOver(t *testing.T) {
	e, err := Listen(t.Context(), Leader, key, &Config{AllowLoopback: true, Relays: []Relay{}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	addr := net.JoinHostPort("127.0.0.1", fmt.Sprint(e.at.Port(way.TCP)))
	dead, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := deriveLines(key).proveReceiver(dead); err != nil {
		t.Fatal(err)
	}
	dead.Close()
	peer := make(chan error)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			err = receive(c)
			defer c.Close()
		}
		peer <- err
	}()
	done := make(chan error)
	go func() {
		c, err := e.Connect(t.Context(), Message{})
		if err == nil {
			defer c.Close()
		}
		done <- err
	}()
	if err := <-peer; err != nil {
		t.Errorf("the living connection: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
