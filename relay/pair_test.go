package relay_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

const (
	token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCD_Z"
	sideA = "aaaaaaaaaaaaaaaa"
	sideB = "bbbbbbbbbbbbbbbb"
)

func line(side string) string { return "please relay " + token + " for side " + side + "\n" }

// A carrier is how a client reaches the transit relay.
type carrier string

const (
	tcp carrier = "tcp"
	ws  carrier = "ws"
)

// run runs f with clients of each pair of carriers.
func run(t *testing.T, f func(t *testing.T, a, b carrier)) {
	for _, a := range []carrier{tcp, ws} {
		for _, b := range []carrier{tcp, ws} {
			t.Run(fmt.Sprintf("%s-%s", a, b), func(t *testing.T) { f(t, a, b) })
		}
	}
}

// dial connects to the relay. Closing the connection over a WebSocket does the
// closing handshake.
func (c carrier) dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	var conn net.Conn
	if c == ws {
		s, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/transit", nil)
		if err != nil {
			t.Fatal(err)
		}
		conn = websocket.NetConn(context.Background(), s, websocket.MessageBinary)
		t.Cleanup(func() { s.CloseNow() })
	} else {
		var err error
		if conn, err = net.Dial("tcp", addr); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// say writes s.
func say(t testing.TB, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatalf("writing %q: %v", s, err)
	}
}

// hear reads exactly the given text.
func hear(t testing.TB, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(c, b); string(b[:n]) != want {
		t.Fatalf("got %q, %v, want %q", b[:n], err, want)
	}
}

// hearEnd reads the given text and then the end.
func hearEnd(t testing.TB, c net.Conn, want string) {
	t.Helper()
	if b, err := io.ReadAll(c); string(b) != want || err != nil {
		t.Fatalf("got %q, %v, want %q and the end", b, err, want)
	}
}

var meetings atomic.Int64

// connected returns two clients that are paired, by a token of their own: tests that
// run at a time would close each other's pipes.
func connected(t testing.TB, addr string, ca, cb carrier) (a, b net.Conn) {
	t.Helper()
	a, b = ca.dial(t, addr), cb.dial(t, addr)
	own := fmt.Sprintf("%s%08d", token[:56], meetings.Add(1))
	say(t, a, "please relay "+own+" for side "+sideA+"\n")
	say(t, b, "please relay "+own+" for side "+sideB+"\n")
	hear(t, a, "ok\n")
	hear(t, b, "ok\n")
	return a, b
}

func TestPipe(t *testing.T) {
	addr := serve(t, nil)
	run(t, func(t *testing.T, ca, cb carrier) {
		a, b := connected(t, addr, ca, cb)
		say(t, a, "to b")
		hear(t, b, "to b")
		say(t, b, "to a")
		hear(t, a, "to a")
		a.Close()
		hearEnd(t, b, "")
	})
}

func TestPipeLargeBothWays(t *testing.T) {
	addr := serve(t, nil)
	run(t, func(t *testing.T, ca, cb carrier) {
		a, b := connected(t, addr, ca, cb)
		const size = 1<<20 + 12345
		failed := make(chan error, 4)
		for i, pair := range [][2]net.Conn{{a, b}, {b, a}} {
			data := make([]byte, size)
			rand.NewChaCha8([32]byte{byte(i)}).Read(data)
			go func() {
				_, err := pair[0].Write(data)
				failed <- err
			}()
			go func() {
				h := sha256.New()
				_, err := io.CopyN(h, pair[1], size)
				if err == nil && [32]byte(h.Sum(nil)) != sha256.Sum256(data) {
					err = fmt.Errorf("other bytes have arrived")
				}
				failed <- err
			}()
		}
		for range 4 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
	})
}

// The bytes before an end arrive whatever happens next.
func TestPipeFlushesBeforeEnd(t *testing.T) {
	addr := serve(t, nil)
	data := bytes.Repeat([]byte("last words "), 100_000)
	run(t, func(t *testing.T, ca, cb carrier) {
		a, b := connected(t, addr, ca, cb)
		go func() {
			a.Write(data)
			a.Close()
		}()
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d of %d bytes arrived, %v", len(got), len(data), err)
		}
	})
}

// A client that has said all may still listen.
func TestPipeHalfClose(t *testing.T) {
	addr := serve(t, nil)
	for _, cb := range []carrier{tcp, ws} {
		t.Run(string(cb), func(t *testing.T) {
			a, b := connected(t, addr, tcp, cb)
			say(t, a, "question")
			hear(t, b, "question")
			answer := strings.Repeat("answer ", 50_000)
			wrote := make(chan struct{})
			if cb == tcp {
				a.(*net.TCPConn).CloseWrite()
				hearEnd(t, b, "")
				go func() {
					defer close(wrote)
					io.WriteString(b, answer)
					b.Close()
				}()
			} else { // the close frame overtakes an answer that is on its way
				go func() {
					defer close(wrote)
					io.WriteString(b, answer)
					b.Read(make([]byte, 1)) // answers the close frame
				}()
				hear(t, a, answer[:10])
				a.(*net.TCPConn).CloseWrite()
				answer = answer[10:]
			}
			hearEnd(t, a, answer)
			<-wrote
		})
	}
}

// Clients without a side are matched with anyone.
func TestPipeWithoutSide(t *testing.T) {
	addr := serve(t, nil)
	run(t, func(t *testing.T, ca, cb carrier) {
		for _, lines := range [][2]string{
			{"please relay " + token + "\n", "please relay " + token + "\n"},
			{"please relay " + token + "\n", line(sideB)},
		} {
			a, b := ca.dial(t, addr), cb.dial(t, addr)
			say(t, a, lines[0])
			say(t, b, lines[1])
			hear(t, a, "ok\n")
			hear(t, b, "ok\n")
		}
	})
}

// The same side isn't matched with itself: it takes its own place.
func TestPipeSameSide(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{WaitingPerToken: 1}})
	run(t, func(t *testing.T, ca, cb carrier) {
		first, second := ca.dial(t, addr), cb.dial(t, addr)
		say(t, first, line(sideA))
		say(t, second, line(sideA))
		ended := make(chan net.Conn, 2)
		for _, c := range []net.Conn{first, second} {
			go func() {
				io.ReadAll(c)
				ended <- c
			}()
		}
		loser := <-ended
		b := cb.dial(t, addr)
		say(t, b, line(sideB))
		hear(t, b, "ok\n")
		b.Close()
		if <-ended == loser {
			t.Error("both were turned away")
		}
	})
}

// One who gave up is not connected to anybody.
func TestPipeLeaver(t *testing.T) {
	addr := serve(t, nil)
	run(t, func(t *testing.T, ca, cb carrier) {
		gone := ca.dial(t, addr)
		say(t, gone, line(sideA))
		gone.Close()
		a, b := connected(t, addr, ca, cb) // whether or not the relay has noticed
		say(t, a, "hello")
		hear(t, b, "hello")
	})
}

func TestPipeMessagesAreSmall(t *testing.T) {
	addr := serve(t, nil)
	a := tcp.dial(t, addr)
	say(t, a, line(sideA))
	b, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/transit", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.CloseNow()
	b.SetReadLimit(32 << 10)
	b.Write(t.Context(), websocket.MessageBinary, []byte(line(sideB)))
	hear(t, a, "ok\n")
	go a.Write(make([]byte, 1<<20))
	for got := 0; got < 1<<20+3; {
		typ, m, err := b.Read(t.Context())
		if err != nil || typ != websocket.MessageBinary {
			t.Fatalf("after %d bytes: %v, %v", got, typ, err)
		}
		got += len(m)
	}
}

func TestShutdownWaitsForPairs(t *testing.T) {
	run(t, func(t *testing.T, ca, cb carrier) {
		addr, shutdown := serveUntil(t, nil)
		a, b := connected(t, addr, ca, cb)
		waiting := ca.dial(t, addr)
		say(t, waiting, "please relay "+strings.Repeat("f", 64)+"\n")
		done := make(chan error, 1)
		go func() { done <- shutdown(patience) }()
		waiting.Read(make([]byte, 1)) // returns once waiting pipes are closed
		say(t, a, "still here")
		hear(t, b, "still here")
		select {
		case <-done:
			t.Error("Shutdown didn't wait")
		default:
		}
		a.Close()
		io.ReadAll(b)
		b.Close()
		if err := <-done; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

func TestShutdownCutsPairs(t *testing.T) {
	run(t, func(t *testing.T, ca, cb carrier) {
		addr, shutdown := serveUntil(t, nil)
		a, b := connected(t, addr, ca, cb)
		if err := shutdown(time.Millisecond); err == nil {
			t.Error("Shutdown has cut a pair without saying so")
		}
		io.ReadAll(a) // both return
		io.ReadAll(b)
	})
}

func TestServeTransit(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- s.ServeTransit(l) }()
	a, b := connected(t, l.Addr().String(), tcp, ws)
	say(t, a, "hello")
	hear(t, b, "hello")
	any, _, err := websocket.Dial(t.Context(), "ws://"+l.Addr().String()+"/", nil)
	if err != nil {
		t.Fatalf("other path: %v", err)
	}
	any.CloseNow()
	a.Close()
	b.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
