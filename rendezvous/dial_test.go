//go:build !js

package rendezvous_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"sesame/rendezvous"
)

// serve starts an HTTP server and returns its address as ws://.
func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// speak starts a WebSocket server that sends frames and then reads.
func speak(t testing.TB, kind websocket.MessageType, frames ...string) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for _, f := range frames {
			conn.Write(r.Context(), kind, []byte(f))
		}
		for {
			if _, _, err := conn.Read(r.Context()); err != nil {
				return
			}
		}
	})
}

func TestDialRefuses(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the other server was asked") })
	var connect *rendezvous.ConnectError
	var welcome *rendezvous.WelcomeError
	for _, c := range []struct {
		name, url string
		want      any
		text      string
	}{
		{"nobody there", "ws://" + closed.Addr().String() + "/v1", &connect, "connection refused"},
		{"self-signed", "wss" + strings.TrimPrefix(tls.URL, "https"), &connect, "certificate"},
		{"captive portal", serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<html>Please log in")
		}), &connect, "this is a web page, not a mailbox server"},
		{"not found", serve(t, http.NotFound), &connect, "HTTP status 404"},
		{"redirect elsewhere", serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http"+strings.TrimPrefix(other, "ws"), http.StatusFound)
		}), &connect, "redirects to another one"},
		{"redirect for ever", serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, map[bool]string{true: "/v1", false: "/v1/"}[r.URL.Path == "/v1/"], http.StatusFound)
		}), &connect, "redirects without end"},
		{"redirect to an order", serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				t.Errorf("%s was asked for", r.URL)
			}
			http.Redirect(w, r, "/admin/users/delete", http.StatusFound)
		}), &connect, "redirects to another page"},
		{"redirect to an order of the same page", serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "" {
				t.Errorf("%s was asked for", r.URL)
			}
			http.Redirect(w, r, "/?id=1&confirm=yes", http.StatusFound)
		}), &connect, "redirects to another page"},
		{"turned away", speak(t, websocket.MessageText, `{"type":"welcome","welcome":{"error":"come back \u001b[2J tomorrow"}}`),
			&welcome, `come back \u{1b}[2J tomorrow`},
		{"closed before welcome", serve(t, func(w http.ResponseWriter, r *http.Request) {
			if conn, err := websocket.Accept(w, r, nil); err == nil {
				conn.Close(websocket.StatusInternalError, "bye")
			}
		}), &connect, ""},
		{"2 MiB welcome", speak(t, websocket.MessageText, `{"type":"welcome","x":"`+strings.Repeat("x", 2<<20)), rendezvous.ErrMalformed, ""},
		{"nonsense", speak(t, websocket.MessageText, `<html>`), rendezvous.ErrMalformed, ""},
		{"https", "https://example.org/v1", nil, "wss://example.org/v1"},
		{"no host", "ws:///v1", nil, "wss://example.org/v1"},
		{"no URL", "::", nil, "address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: c.url})
			if err == nil {
				client.Close()
				t.Fatal("no error")
			}
			switch want := c.want.(type) {
			case nil:
			case error:
				if !errors.Is(err, want) {
					t.Errorf("error %v", err)
				}
			default:
				if !errors.As(err, want) {
					t.Errorf("error %v", err)
				}
			}
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %q doesn't say %q", err, c.text)
			}
		})
	}
}

// Fails if a server that is just being started again ends a program that comes to it for the first time.
func TestDialWhileItIsStartedAgain(t *testing.T) {
	var came atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		if came.Add(1) == 1 {
			conn.Close(websocket.StatusGoingAway, "the server is stopping")
			return
		}
		conn.Write(r.Context(), websocket.MessageText, []byte(`{"type":"welcome","welcome":{}}`))
		conn.Read(r.Context())
	})
	asked := 0
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if asked++; asked == 2 {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}}
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: url, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// Fails if a server that resets the first connections ends a program, or is asked for
// ever, or more often than once a second.
func TestDialAfterResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Time
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			asked = append(asked, time.Now())
			return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		}}}
		began := time.Now()
		_, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: "ws://relay.example.org/v1", HTTPClient: client})
		var connect *rendezvous.ConnectError
		if took := time.Since(began); !errors.As(err, &connect) || took < 9*time.Second || took > 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		for i := range asked[1:] {
			if pause := asked[i+1].Sub(asked[i]); pause != time.Second {
				t.Errorf("asked again after %v", pause)
			}
		}
		if len(asked) < 10 {
			t.Errorf("asked %d times", len(asked))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		began = time.Now()
		if _, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: "ws://relay.example.org/v1", HTTPClient: client}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A server that is being started again closes a connection that has just come; the next
// one it serves.
func TestDialAtARestart(t *testing.T) {
	real := speak(t, websocket.MessageText, `{"type":"welcome","welcome":{"motd":"hi"}}`)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			switch n {
			case 0: // before it is asked: what the client makes of that depends on who is quicker
				c.Close()
				continue
			case 1:
				c.Read(make([]byte, 1000))
				c.Close()
				continue
			}
			to, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(real, "ws://"), "/v1"))
			if err != nil {
				c.Close()
				return
			}
			go func() { io.Copy(to, c); to.Close() }()
			go func() { io.Copy(c, to); c.Close() }()
		}
	}()
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: "ws://" + l.Addr().String() + "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.MOTD() != "hi" {
		t.Errorf("got %q", c.MOTD())
	}
}

func TestDialHonoursContext(t *testing.T) {
	url := speak(t, websocket.MessageText) // never says welcome
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestDialTakesBinaryFrames(t *testing.T) {
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: speak(t, websocket.MessageBinary, `{"type":"welcome","welcome":{"motd":"hi"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.MOTD() != "hi" {
		t.Errorf("message of the day %q", c.MOTD())
	}
}

func TestTLSWithOwnClient(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.Write(r.Context(), websocket.MessageText, []byte(`{"type":"welcome","welcome":{"sesame":{"relay-port":4001,"relay-path":"/transit"}}}`))
		conn.Read(r.Context())
	}))
	defer s.Close()
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: "wss" + strings.TrimPrefix(s.URL, "https") + "/v1", HTTPClient: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	host := strings.TrimPrefix(s.URL, "https://")
	if r := c.Relay(); r.Address != "127.0.0.1:4001" || r.URL != "wss://"+host+"/transit" {
		t.Errorf("relay %q, %q", r.Address, r.URL)
	}
}

// Fails if a server isn't told who asks, or is told where a redirect came from; or if
// one that only wants a slash isn't found any more.
func TestRequests(t *testing.T) {
	asked := make(chan *http.Request, 4)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		if r.URL.Path == "/v1" {
			http.Redirect(w, r, "/v1/", http.StatusFound)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.Write(r.Context(), websocket.MessageText, []byte(`{"type":"welcome","welcome":{}}`))
		conn.Read(r.Context())
	})
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: url + "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		if r := <-asked; r.UserAgent() != "sesame" || r.Referer() != "" {
			t.Errorf("%s by %q, from %q", r.URL, r.UserAgent(), r.Referer())
		}
	}
}

func TestRelay(t *testing.T) {
	for welcome, want := range map[string][2]string{
		`{}`: {},
		`{"sesame":{"relay-port":0,"relay-path":""}}`:                               {},
		`{"sesame":{"relay-port":70000}}`:                                           {},
		`{"sesame":{"relay-port":-1}}`:                                              {},
		`{"sesame":{"relay-port":4001}}`:                                            {"127.0.0.1:4001", ""},
		`{"sesame":{"relay-path":"/transit"}}`:                                      {"", "ws://HOST/transit"},
		`{"sesame":{"relay-path":"evil.example/transit"}}`:                          {},
		`{"sesame":{"relay-path":"@evil.example/transit"}}`:                         {},
		`{"sesame":{"relay-path":"//evil.example/transit"}}`:                        {},
		`{"sesame":{"relay-path":"/admin/users/delete"}}`:                           {},
		`{"sesame":{"relay-path":"/transit?id=1&confirm=yes"}}`:                     {},
		`{"sesame":{"relay-path":"/transit/../admin"}}`:                             {},
		`{"sesame":{"relay-path":"/"}}`:                                             {"", "ws://HOST/"},
		`{"sesame":{"relay-port":6379}}`:                                            {},
		`{"sesame":{"relay-port":25}}`:                                              {},
		`{"sesame":{"relay-path":"/\u001b[2J"}}`:                                    {},
		`{"sesame":{"relay-path":"/a?b#c"}}`:                                        {},
		`{"sesame":{"relay-path":"/` + strings.Repeat("x", 200) + `"}}`:             {},
		`{"sesame":{"relay-host":"evil.example","relay-port":4001},"relay":"evil"}`: {"127.0.0.1:4001", ""},
	} {
		url := speak(t, websocket.MessageText, `{"type":"welcome","welcome":`+welcome+`}`)
		c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: url})
		if err != nil {
			t.Fatalf("%s: %v", welcome, err)
		}
		r := c.Relay()
		hostport, ws := r.Address, r.URL
		c.Close()
		if ws = strings.Replace(ws, strings.TrimPrefix(url, "ws://"), "HOST", 1); hostport != want[0] || ws != want[1] {
			t.Errorf("%s: relay %q, %q", welcome, hostport, ws)
		}
	}
}

// Fails when a server can make a client ask another host, no port, or very many.
func TestSTUN(t *testing.T) {
	for welcome, want := range map[string]string{
		`{}`:                                                  "",
		`{"sesame":{"relay-port":1}}`:                         "",
		`{"sesame":{"stun-ports":[]}}`:                        "",
		`{"sesame":{"stun-ports":null}}`:                      "",
		`{"sesame":{"stun-ports":[4000]}}`:                    "127.0.0.1:4000",
		`{"sesame":{"stun-ports":[4000,4001]}}`:               "127.0.0.1:4000 127.0.0.1:4001",
		`{"sesame":{"stun-ports":[4000,4000]}}`:               "127.0.0.1:4000",
		`{"sesame":{"stun-ports":[0,-1,70000,53,6379,3478]}}`: "127.0.0.1:3478",
		`{"sesame":{"stun-ports":[4001` + strings.Repeat(",2,3,4,4005", 10_000) + `]}}`:       "127.0.0.1:4001 127.0.0.1:4005",
		`{"sesame":{"stun-host":"evil.example","stun":"evil.example:1","stun-ports":[4004]}}`: "127.0.0.1:4004",
	} {
		c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: speak(t, websocket.MessageText, `{"type":"welcome","welcome":`+welcome+`}`)})
		if err != nil {
			t.Fatalf("%.100s: %v", welcome, err)
		}
		if got := strings.Join(c.STUN(), " "); got != want {
			t.Errorf("%.100s: %q, want %q", welcome, got, want)
		}
		c.Close()
	}
}

// A server that demands work gets a stamp before bind.
func TestHashcash(t *testing.T) {
	stamps := make(chan string, 1)
	var bound atomic.Bool
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.Write(r.Context(), websocket.MessageText, []byte(`{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":12,"resource":"us"}}}}`))
		for {
			_, b, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			var m struct{ Type, Method, Stamp string }
			if json.Unmarshal(b, &m) == nil && m.Type == "submit-permissions" && m.Method == "hashcash" && !bound.Load() {
				stamps <- m.Stamp
			}
			if m.Type == "bind" {
				bound.Store(true)
			}
		}
	})
	c, err := rendezvous.Dial(t.Context(), &rendezvous.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	select {
	case stamp := <-stamps:
		if !strings.HasPrefix(stamp, "1:12:") || strings.Count(stamp, ":") != 6 || !strings.Contains(stamp, ":us::") {
			t.Errorf("stamp %q", stamp)
		}
	case <-time.After(30 * time.Second):
		t.Error("no stamp")
	}
}
