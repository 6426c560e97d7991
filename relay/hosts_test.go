package relay_test

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"sesame/relay"
)

// Fails when a web page whose name somebody has made point here (DNS rebinding) is
// taken for the server's own, when one that isn't is refused, or a program.
func TestRebinding(t *testing.T) {
	var log syncBuilder
	addr := serve(t, &relay.Config{
		Names:  []string{"Relay.Example.", "198.51.100.7", "2001:db8::7"},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	_, port, _ := net.SplitHostPort(addr)
	own := ownAddress(t)
	for _, c := range []struct {
		name, host, origin string
		want               int
	}{
		{"rebound", "evil.example:" + port, "http://evil.example:" + port, 403},
		{"rebound, port 80", "evil.example", "http://evil.example", 403},
		{"rebound, by an address of its own", "203.0.113.5", "http://203.0.113.5", 403},
		{"rebound, a name that begins well", "localhost.evil.example", "http://localhost.evil.example", 403},
		{"rebound, no host", " ", "http://evil.example", 403},
		{"rebound, an empty origin", "evil.example", "", 403},
		{"rebound, null", "evil.example", "null", 403},
		{"from elsewhere", addr, "http://evil.example", 403},
		{"this address", addr, "http://" + addr, 101},
		{"loopback", "127.0.0.1", "http://127.0.0.1", 101},
		{"loopback, version 6", "[::1]:" + port, "http://[::1]:" + port, 101},
		{"localhost", "localhost:" + port, "http://localhost:" + port, 101},
		{"LOCALHOST.", "LOCALHOST.:" + port, "http://localhost.:" + port, 101},
		{"another address of this machine", own, "http://" + own, 101},
		{"a name", "relay.example", "https://relay.example", 101},
		{"a name in capitals", "RELAY.example:" + port, "https://relay.EXAMPLE:" + port, 101},
		{"an address as a name", "198.51.100.7", "http://198.51.100.7", 101},
		{"one of version 6", "[2001:db8::7]:" + port, "http://[2001:db8::7]:" + port, 101},
		{"a program", "whatever.example", "-", 101},
	} {
		for _, path := range []string{"/v1", "/transit"} {
			h := http.Header{}
			if c.origin != "-" {
				h["Origin"] = []string{c.origin}
			}
			ws, resp, err := websocket.Dial(t.Context(), "ws://"+addr+path, &websocket.DialOptions{HTTPHeader: h, Host: c.host})
			if err == nil {
				ws.CloseNow()
			}
			if resp == nil || resp.StatusCode != c.want {
				t.Errorf("%s, %s: %v, %v, want %d", c.name, path, resp, err, c.want)
			}
		}
	}
	text := log.String()
	if strings.Count(text, "--name") != 1 || !strings.Contains(text, "evil.example") {
		t.Errorf("the log doesn't say once which flag would allow it:\n%s", text)
	}
}

// ownAddress returns an address of this machine that isn't of loopback, or one that is
// if there is no other.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}

// Fails when a page is served to a web page that has been led here, or nothing to
// people.
func TestPagesAndRebinding(t *testing.T) {
	addr := serve(t, nil)
	for origin, want := range map[string]int{"": 200, "http://evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "evil.example"
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("origin %q: %s", origin, resp.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
