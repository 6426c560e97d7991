package relay_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

// closedBy waits until the server closes or resets the connection.
func closedBy(t *testing.T, c net.Conn, name string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, c)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s: still open", name)
	}
}

// Connections that don't come to the point are closed, whatever they began with.
func TestSlowHandshakes(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{Handshake: 100 * time.Millisecond, FirstMessage: 100 * time.Millisecond}})
	var wg sync.WaitGroup
	for name, begin := range map[string]string{
		"silent":                 "",
		"half a relay line":      "please relay 0123",
		"half a request":         "GET /v1 HTTP/1.1\r\nHost: x\r\n",
		"a request and silence":  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a body that never ends": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
	} {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			io.WriteString(c, begin)
			closedBy(t, c, name)
		})
	}
	wg.Go(func() {
		c, _ := dial(t, addr)
		c.ended()
	})
	wg.Go(func() {
		c := ws.dial(t, addr)
		closedBy(t, c, "websocket pipe without a line")
	})
	wg.Go(func() { // a byte now and then doesn't help
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		go func() {
			for {
				if _, err := c.Write([]byte("p")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond) // the attack itself
			}
		}()
		closedBy(t, c, "slow loris")
	})
	wg.Wait()
}

// T-A9-4. Fails when connections that say a byte now and then stay, or keep the
// server from serving others.
func TestSlowLoris(t *testing.T) {
	const n, limit = 2000, 3 * time.Second
	addr := serve(t, &relay.Config{Limits: relay.Limits{Handshake: limit, Conns: 3 * n, ConnsPerSource: 3 * n, Accepts: 10 * n, AcceptsPerSource: 10 * n}})
	gone := make(chan time.Duration, n)
	for i := range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		text := []string{"please relay 0123", "GET /v1 HTTP/1.1\r\nHost: x", "\x00\x01\x00\x10\x21\x12"}[i%3]
		go func() {
			start := time.Now()
			for _, b := range []byte(text) {
				if _, err := c.Write([]byte{b}); err != nil {
					break
				}
				c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
				if _, err := c.Read(make([]byte, 100)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
					break
				}
			}
			c.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("still open")
			}
			gone <- time.Since(start)
		}()
	}
	var waits []time.Duration
	for left := n; left > 0; {
		start := time.Now()
		c, _ := dial(t, addr)
		waits = append(waits, time.Since(start))
		c.ws.CloseNow()
		for range min(left, 200) {
			if d := <-gone; d > 3*limit {
				t.Errorf("one was there for %v", d)
			}
			left--
		}
	}
	slices.Sort(waits)
	if d := waits[len(waits)/2]; d > time.Second {
		t.Errorf("others wait %v", d)
	}
}

func TestLongHeaders(t *testing.T) {
	addr := serve(t, nil)
	c := tcp.dial(t, addr)
	say(t, c, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 20<<10)+"\r\n\r\n")
	b, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(b), "HTTP/1.1 431 ") {
		t.Errorf("got %.100q", b)
	}
}

// A source that has all its connections gets a reset; when it closes one it
// may open one again.
func TestConnectionsPerSource(t *testing.T) {
	for name, limits := range map[string]relay.Limits{
		"per source": {ConnsPerSource: 3},
		"in total":   {Conns: 3},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, &relay.Config{Limits: limits})
			var open []*mailbox
			for range 3 {
				c, _ := dial(t, addr)
				open = append(open, c)
			}
			if c, err := net.Dial("tcp", addr); err == nil { // it may be too late even for that
				closedBy(t, c, "the fourth")
				c.Close()
			}
			open[0].ws.Close(websocket.StatusNormalClosure, "")
			dialSoon(t, addr)
		})
	}
}

// dialSoon connects as soon as the server has noticed that there is room.
func dialSoon(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ws, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/v1", nil)
		if err == nil {
			ws.CloseNow()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Errors of Accept pass; the server stays.
func TestAcceptErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- s.Serve(&flakyListener{Listener: l}) }()
	a, b := connected(t, l.Addr().String(), tcp, tcp)
	a.Close()
	b.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// A flakyListener fails every other time.
type flakyListener struct {
	net.Listener
	n atomic.Int32
}

func (l *flakyListener) Accept() (net.Conn, error) {
	if l.n.Add(1)%2 == 1 {
		return nil, errors.New("too many open files")
	}
	return l.Listener.Accept()
}

// A pair that carries nothing is cut, one that does isn't. The time must be longer than
// a busy machine lets this test wait between two bytes.
func TestIdlePair(t *testing.T) {
	const idle = time.Second
	addr := serve(t, &relay.Config{Limits: relay.Limits{PairIdle: idle}})
	run(t, func(t *testing.T, ca, cb carrier) {
		t.Parallel()
		start := time.Now()
		a, b := connected(t, addr, ca, cb)
		var last time.Time // before it, the pair carries something
		for time.Since(start) < 3*idle {
			last = time.Now()
			say(t, a, "x")
			hear(t, b, "x")
			time.Sleep(idle / 10) // what is tested is time on real sockets
		}
		closedBy(t, a, "idle pair")
		closedBy(t, b, "idle pair")
		if d := time.Since(last); d < idle {
			t.Errorf("cut %v after the last byte", d)
		}
	})
}

// A sender that is slow, so that the way is free most of the time, loses no byte.
func TestSlowSender(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{PairIdle: 2 * time.Second}}) // longer than a busy machine lets two bytes wait
	a, b := connected(t, addr, tcp, tcp)
	const n = 150
	go func() {
		for i := range n {
			a.Write([]byte(strings.Repeat(string(rune('A'+i%26)), 1000)))
			time.Sleep(20 * time.Millisecond) // the slow client itself
		}
		a.Close()
	}()
	got, err := io.ReadAll(b)
	if err != nil || len(got) != n*1000 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for i, c := range got {
		if c != byte('A'+i/1000%26) {
			t.Fatalf("byte %d is %q", i, c)
		}
	}
}

// A receiver that doesn't read is cut in the end, and its sender with it, long
// before a pair that is merely idle.
func TestReceiverDoesNotRead(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{PairStall: 300 * time.Millisecond}})
	run(t, func(t *testing.T, ca, cb carrier) {
		t.Parallel()
		a, _ := connected(t, addr, ca, cb)
		buf := make([]byte, 64<<10)
		for {
			if _, err := a.Write(buf); err != nil {
				var timeout net.Error
				if errors.As(err, &timeout) && timeout.Timeout() {
					t.Error("the sender still waits")
				}
				return
			}
		}
	})
}

// Pipes that wait too long, or one too many per source, are closed.
func TestHalfOpenPipes(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{WaitingPerSource: 2}})
	var open []net.Conn
	for _, c := range "123" {
		conn := tcp.dial(t, addr)
		say(t, conn, "please relay "+strings.Repeat(string(c), 64)+"\n")
		open = append(open, conn)
	}
	ended := make(chan int, 3)
	for i, c := range open {
		go func() {
			io.Copy(io.Discard, c)
			ended <- i
		}()
	}
	<-ended
	select {
	case i := <-ended:
		t.Errorf("pipe %d was closed too", i)
	default:
	}
	for _, c := range open {
		c.Close()
	}
}

// Pings keep a mailbox connection that answers; one that doesn't is dropped.
func TestPings(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{Ping: 200 * time.Millisecond, MailboxIdle: time.Millisecond}})
	pinged := make(chan struct{}, 10)
	alive, _ := dialWith(t, addr, &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool {
			select {
			case pinged <- struct{}{}:
			default:
			}
			return true
		},
	})
	alive.bind("a")
	ended := make(chan error, 1)
	go func() { ended <- alive.ended() }() // reads pings
	dead, _ := dialWith(t, addr, &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool { return false },
	})
	dead.bind("d")
	dead.ended()
	for range 3 {
		<-pinged
	}
	alive.ws.CloseNow()
	<-ended
}

// The log names no client, token, side, nameplate or mailbox.
func TestLogIsDiscreet(t *testing.T) {
	var log syncBuilder
	addr, shutdown := serveUntil(t, &relay.Config{
		Limits: relay.Limits{PairIdle: 50 * time.Millisecond, ConnsPerSource: 4},
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	m, _ := dial(t, addr)
	id := m.open("sidecanary", "731997")
	m.send(`{"type":"add","phase":"0","body":"c0ffee99"}`)
	m.want("ack", "message")
	a, b := connected(t, addr, tcp, tcp)
	local := a.LocalAddr().String()
	for range 3 {
		if c, err := net.Dial("tcp", addr); err == nil {
			defer c.Close()
		}
	}
	closedBy(t, a, "idle pair")
	b.Close()
	m.ws.CloseNow()
	shutdown(patience)
	text := log.String()
	if !strings.Contains(text, "idle pair") {
		t.Errorf("the log doesn't tell of the idle pair:\n%s", text)
	}
	for _, secret := range []string{id, "sidecanary", "731997", "c0ffee99", token[:8], sideA, local, "127.0.0.1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q:\n%s", secret, text)
		}
	}
}

type syncBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
