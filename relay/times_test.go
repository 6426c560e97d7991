package relay_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

// A pipeListener accepts in-memory connections, so that time can be virtual.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial() net.Conn {
	c, s := net.Pipe()
	l.conns <- s
	return c
}

// virtual runs f with a server of default limits in virtual time.
func virtual(t *testing.T, f func(t *testing.T, l *pipeListener)) { virtualWith(t, nil, f) }

func virtualWith(t *testing.T, cfg *relay.Config, f func(t *testing.T, l *pipeListener)) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		s := relay.New(cfg)
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		defer func() {
			s.Shutdown(context.Background())
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		f(t, l)
	})
}

// endsAfter checks how long it takes until reading from c ends.
func endsAfter(t *testing.T, name string, c io.Reader, from, to time.Duration) {
	t.Helper()
	start := time.Now()
	io.Copy(io.Discard, c)
	if d := time.Since(start); d < from || d > to {
		t.Errorf("%s: ended after %v, want %v to %v", name, d, from, to)
	}
}

func TestTimes(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			endsAfter(t, "silent", l.dial(), 10*time.Second, 10*time.Second)
		})
	})
	t.Run("half a line", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			c := l.dial()
			time.Sleep(6 * time.Second)
			io.WriteString(c, "please ")
			endsAfter(t, "half a line", c, 4*time.Second, 4*time.Second)
		})
	})
	t.Run("half a request", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			c := l.dial()
			io.WriteString(c, "GET / HT")
			endsAfter(t, "half a request", c, 10*time.Second, 10*time.Second)
		})
	})
	t.Run("waiting", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			c := l.dial()
			io.WriteString(c, line(sideA))
			endsAfter(t, "waiting", c, 15*time.Minute, 15*time.Minute+10*time.Second)
		})
	})
	t.Run("idle pair", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			a, b := l.dial(), l.dial()
			io.WriteString(a, line(sideA))
			synctest.Wait() // in memory a write takes a reader, so order matters
			io.WriteString(b, line(sideB))
			hear(t, a, "ok\n")
			hear(t, b, "ok\n")
			time.Sleep(4 * time.Minute)
			go io.WriteString(a, "x")
			hear(t, b, "x")
			endsAfter(t, "idle pair", b, 5*time.Minute, 5*time.Minute)
			a.Close()
		})
	})
	t.Run("mailbox client that says nothing", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			c := dialPipe(t, l)
			start := time.Now()
			c.ended()
			if d := time.Since(start); d != 15*time.Second {
				t.Errorf("ended after %v", d)
			}
		})
	})
	t.Run("mailbox client that shows no permission", func(t *testing.T) {
		virtualWith(t, &relay.Config{Tokens: []relay.Token{}}, func(t *testing.T, l *pipeListener) {
			c := dialPipe(t, l)
			start := time.Now()
			c.send(`{"type":"ping","ping":1}`)
			c.want("ack", "pong")
			c.ended()
			if d := time.Since(start); d != 15*time.Second {
				t.Errorf("ended after %v", d)
			}
		})
	})
	t.Run("mailbox is pruned", func(t *testing.T) {
		virtual(t, func(t *testing.T, l *pipeListener) {
			messages := func() int {
				c := dialPipe(t, l)
				defer c.ws.CloseNow()
				c.bind("a")
				c.send(`{"type":"open","mailbox":"m"}`)
				c.send(`{"type":"add","phase":"0","body":"00"}`)
				c.send(`{"type":"ping","ping":0}`)
				for n, pongs := 0, 0; ; {
					switch c.read().kind() {
					case "message":
						n++
					case "pong":
						if pongs++; pongs == 2 {
							return n
						}
						synctest.Wait() // what is on its way from the store has come
						c.send(`{"type":"ping","ping":1}`)
					}
				}
			}
			messages()
			time.Sleep(10 * time.Minute)
			if n := messages(); n != 2 {
				t.Errorf("after 10 minutes: %d messages, want the old one and its echo", n)
			}
			time.Sleep(13 * time.Minute)
			if n := messages(); n != 1 {
				t.Errorf("after 13 more minutes: %d messages", n)
			}
		})
	})
}

// dialPipe is dial for a pipeListener. Its reads have no deadline.
func dialPipe(t *testing.T, l *pipeListener) *mailbox {
	t.Helper()
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil }}
	ws, _, err := websocket.Dial(t.Context(), "ws://relay/v1", &websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	c := &mailbox{t, ws}
	c.want("welcome")
	return c
}

// The relay never dials: it must not be a way into other networks. What it is told to ask for
// certificates it does.
func TestNeverDials(t *testing.T) {
	looked := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "cert" || path == filepath.Join("store", "storetest")):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		looked++
		b, err := os.ReadFile(path)
		for _, word := range []string{"Dial", "http.Get", "http.Client", "RoundTrip", "Resolver", "Lookup"} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s has %q", path, word)
			}
		}
		return err
	})
	if err != nil || looked < 60 {
		t.Fatalf("%d files were looked at, %v", looked, err)
	}
}
