package transit

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

var relayLineForm = regexp.MustCompile(`^please relay ([A-Za-z0-9_]{64}) for side ([A-Za-z0-9_]{16})\n$`)

// TestRelay joins connections as a transit relay does (doc/transit.md §5.1).
type TestRelay struct {
	mu      sync.Mutex
	waiting map[string][]guest // by token
	lines   []string           // every line that came
	running sync.WaitGroup
}

type guest struct {
	net.Conn
	side string
}

// webGuest ends with a close frame also while another goroutine reads.
type webGuest struct {
	net.Conn
	ws *websocket.Conn
}

func (g webGuest) Close() error { return g.ws.Close(websocket.StatusNormalClosure, "") }

// Serve handles one connection; it returns when the connection waits or is
// being piped.
func (r *TestRelay) Serve(c net.Conn) {
	line := make([]byte, 104)
	if _, err := io.ReadFull(c, line); err != nil {
		c.Close()
		return
	}
	m := relayLineForm.FindStringSubmatch(string(line))
	if m == nil {
		io.WriteString(c, "bad handshake\n")
		c.Close()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(line))
	for _, other := range r.waiting[m[1]] {
		if other.side == m[2] {
			continue
		}
		for _, g := range r.waiting[m[1]] {
			if g != other {
				g.Close()
			}
		}
		delete(r.waiting, m[1])
		r.running.Go(func() { pipe(c, other) })
		r.running.Go(func() { pipe(other, c) })
		return
	}
	if r.waiting == nil {
		r.waiting = map[string][]guest{}
	}
	r.waiting[m[1]] = append(r.waiting[m[1]], guest{c, m[2]})
}

func pipe(to, from net.Conn) {
	io.WriteString(to, "ok\n")
	io.Copy(to, from)
	to.Close()
}

// Lines returns every line that came so far.
func (r *TestRelay) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// Close drops who still waits and returns when all pipes have ended.
func (r *TestRelay) Close() {
	r.mu.Lock()
	for _, guests := range r.waiting {
		for _, g := range guests {
			g.Close()
		}
	}
	r.mu.Unlock()
	r.running.Wait()
}

// StartTestRelay listens on loopback for TCP and WebSocket.
func StartTestRelay(t testing.TB) (*TestRelay, Relay) {
	t.Helper()
	r := &TestRelay{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.Serve(c)
		}
	})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ws, err := websocket.Accept(w, req, nil)
		if err == nil {
			r.Serve(webGuest{websocket.NetConn(context.WithoutCancel(req.Context()), ws, websocket.MessageBinary), ws})
		}
	}))
	t.Cleanup(func() {
		l.Close()
		web.Close()
		r.Close()
	})
	return r, Relay{Address: l.Addr().String(), URL: strings.Replace(web.URL, "http", "ws", 1) + "/transit"}
}
