package relay_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

// patience bounds every wait of these tests; none needs more than moments.
const patience = 20 * time.Second

// serve starts a server on a port of loopback. When the test ends it shuts the
// server down and checks that nothing of it is left.
func serve(t testing.TB, cfg *relay.Config) (addr string) {
	t.Helper()
	addr, shutdown := serveUntil(t, cfg)
	t.Cleanup(func() { shutdown(patience) })
	return addr
}

func serveUntil(t testing.TB, cfg *relay.Config) (addr string, shutdown func(time.Duration) error) {
	t.Helper()
	_, addr, shutdown = started(t, cfg)
	return addr, shutdown
}

// started is serveUntil with the server itself.
func started(t testing.TB, cfg *relay.Config) (s *relay.Server, addr string, shutdown func(time.Duration) error) {
	t.Helper()
	if cfg == nil {
		cfg = &relay.Config{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = relay.New(cfg)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return s, l.Addr().String(), func(grace time.Duration) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		err := s.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
			c.Close()
			t.Error("the port is still open after Shutdown")
		}
		checkGoroutines(t)
		return err
	}
}

// checkGoroutines fails the test if goroutines of a server are left. Those of
// net/http end a moment after their connections.
func checkGoroutines(t testing.TB) {
	t.Helper()
	left := ""
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		buf := make([]byte, 1<<20)
		left = ""
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "sesame/relay.") && !strings.Contains(g, "started") {
				left = g
			}
		}
		if left == "" {
			return
		}
		time.Sleep(time.Millisecond) // polling: nothing announces the end of a goroutine
	}
	t.Errorf("left after Shutdown:\n%s", left)
}

// A msg is what the server sends, as JSON.
type msg map[string]any

func (m msg) kind() string { s, _ := m["type"].(string); return s }

// A mailbox is a WebSocket to the mailbox server.
type mailbox struct {
	t  testing.TB
	ws *websocket.Conn
}

// dial connects to the mailbox server and reads the welcome.
func dial(t testing.TB, addr string) (*mailbox, msg) { return dialWith(t, addr, nil) }

// dialFrom is dial from another address of loopback.
func dialFrom(t testing.TB, addr, from string) (*mailbox, msg) {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return dialWith(t, addr, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}})
}

func dialWith(t testing.TB, addr string, opts *websocket.DialOptions) (*mailbox, msg) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, "ws://"+addr+"/v1", opts)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Error("the server has negotiated an extension")
	}
	ws.SetReadLimit(4 << 20)
	c := &mailbox{t, ws}
	t.Cleanup(func() { ws.CloseNow() })
	welcome := c.read()
	if welcome.kind() != "welcome" {
		t.Fatalf("first message is %v", welcome)
	}
	return c, welcome
}

func (c *mailbox) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("sending %.80s: %v", text, err)
	}
}

func (c *mailbox) read() msg {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	typ, b, err := c.ws.Read(ctx)
	if err != nil {
		c.t.Fatalf("reading: %v", err)
	}
	if typ != websocket.MessageText {
		c.t.Errorf("server sent a %v message", typ)
	}
	var m msg
	if err := json.Unmarshal(b, &m); err != nil {
		c.t.Fatalf("server sent %.200q: %v", b, err)
	}
	if _, ok := m["server_tx"].(float64); !ok {
		c.t.Errorf("no server_tx in %.200s", b)
	}
	return m
}

// want reads one message of each given type, in that order, and returns the last.
func (c *mailbox) want(kinds ...string) (m msg) {
	c.t.Helper()
	for _, k := range kinds {
		if m = c.read(); m.kind() != k {
			c.t.Fatalf("got %v, want a message of type %s", m, k)
		}
	}
	return m
}

func (c *mailbox) bind(side string) {
	c.t.Helper()
	c.send(`{"type":"bind","appid":"app","side":"` + side + `"}`)
	c.want("ack")
}

// open binds, claims the nameplate, opens its mailbox and returns its id.
func (c *mailbox) open(side, nameplate string) string {
	c.t.Helper()
	c.bind(side)
	c.send(`{"type":"claim","nameplate":"` + nameplate + `"}`)
	id, _ := c.want("ack", "claimed")["mailbox"].(string)
	c.send(`{"type":"open","mailbox":"` + id + `"}`)
	c.want("ack")
	return id
}

// ended waits until the server closes the connection.
func (c *mailbox) ended() error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := c.ws.Read(ctx); err != nil {
			if ctx.Err() != nil {
				c.t.Fatal("the server doesn't close the connection")
			}
			return err
		}
	}
}

func TestWelcome(t *testing.T) {
	addr := serve(t, &relay.Config{MOTD: "be nice"})
	_, m := dial(t, addr)
	w := m["welcome"].(map[string]any)
	_, port, _ := net.SplitHostPort(addr)
	b, _ := json.Marshal(w["sesame"])
	if got, want := string(b), `{"lanes":8,"pressure":0,"relay-path":"/transit","relay-port":`+port+`,"seats-return":true}`; got != want {
		t.Errorf("sesame = %s, want %s", got, want)
	}
	if w["motd"] != "be nice" {
		t.Errorf("motd = %v", w["motd"])
	}
	if a := w["your-address"].(map[string]any); a["ipv4"] != "127.0.0.1" || a["port"].(float64) < 1 {
		t.Errorf("your-address = %v", a)
	}
	for _, key := range []string{"error", "permission-required", "current_cli_version"} {
		if _, ok := w[key]; ok {
			t.Errorf("welcome has %q", key)
		}
	}
}

// What the operator says is in the welcome under the keys that clients look at.
func TestWelcomeOfTheOperator(t *testing.T) {
	addr := serve(t, &relay.Config{Refusal: "please upgrade", CLIVersion: "0.99"})
	_, m := dial(t, addr)
	w := m["welcome"].(map[string]any)
	if w["error"] != "please upgrade" || w["current_cli_version"] != "0.99" {
		t.Errorf("the welcome is %v", w)
	}
}

func TestWelcomeWithoutMOTD(t *testing.T) {
	_, m := dial(t, serve(t, nil))
	if _, ok := m["welcome"].(map[string]any)["motd"]; ok {
		t.Error("an empty motd is in the welcome")
	}
}

func TestPages(t *testing.T) {
	addr := serve(t, nil)
	for path, want := range map[string]int{"/": 200, "/v1": 200, "/v1/": 200, "/transit": 200, "/other": 404, "/v12": 404} {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || !strings.HasPrefix(resp.Header.Get("Content-Type"), map[bool]string{true: "text/html", false: "text/plain"}[path == "/"]) || len(body) == 0 {
			t.Errorf("GET %s: %s, %q, %q", path, resp.Status, resp.Header.Get("Content-Type"), body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// T-A9-10. Fails when a page of another origin gets a WebSocket, or a program, which says none, doesn't.
func TestOrigin(t *testing.T) {
	addr := serve(t, &relay.Config{Origins: []string{"good.example"}})
	for _, path := range []string{"/v1", "/transit"} {
		for origin, want := range map[string]int{
			"":                     101,
			"http://" + addr:       101,
			"https://good.example": 101,
			"https://evil.example": 403,
			"null":                 403,
		} {
			h := http.Header{}
			if origin != "" {
				h.Set("Origin", origin)
			}
			ws, resp, err := websocket.Dial(t.Context(), "ws://"+addr+path, &websocket.DialOptions{HTTPHeader: h})
			if err == nil {
				ws.CloseNow()
			}
			if resp == nil || resp.StatusCode != want {
				t.Errorf("%s from origin %q: %v, %v, want %d", path, origin, resp, err, want)
			}
		}
	}
}

func TestServeAfterShutdown(t *testing.T) {
	s := relay.New(nil)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err == nil {
		t.Error("Serve works after Shutdown")
	}
	if err := s.Shutdown(t.Context()); err == nil {
		t.Error("Shutdown works twice")
	}
}

// Fails if clients of this project aren't told when to come back, if others are, who don't know what that
// is, or if anybody is by a server that won't be there any more; all see the end for what it is.
func TestShutdownTellsMailboxClients(t *testing.T) {
	for _, private := range []bool{false, true} {
		addr, shutdown := serveUntil(t, &relay.Config{Private: private})
		own, _ := dial(t, addr)
		own.send(`{"type":"bind","appid":"app","side":"a","client_version":["sesame","1"]}`)
		own.want("ack")
		other, _ := dial(t, addr)
		other.send(`{"type":"bind","appid":"app","side":"b","client_version":["python","0.17.0"]}`)
		other.want("ack")
		ended := make(chan error, 1)
		go func() { ended <- shutdown(0) }() // pairs have no time
		if !private {
			if after := own.want("moving")["after"]; after != 0.0 {
				t.Errorf("two clients are told to come back after %v seconds", after)
			}
		}
		for name, c := range map[string]*mailbox{"own": own, "other": other} {
			if _, b, err := c.ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
				t.Errorf("private %v: the %s client saw %s, %v, want status 1001", private, name, b, err)
			}
		}
		if err := <-ended; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
}

func TestListenerClosedByOthers(t *testing.T) {
	s := relay.New(nil)
	defer s.Shutdown(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := s.Serve(l); err == nil {
		t.Error("Serve returned nil")
	}
}
