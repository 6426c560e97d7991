package relay_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"sesame/relay"
	"sesame/relay/figures"
	"sesame/relay/trust"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// A spokesman is a proxy that says before each connection, or in each request, for whom it
// is.
type spokesman struct{ line, header string }

// dial connects to the mailbox server like that.
func (p spokesman) dial(t *testing.T, addr string) (*websocket.Conn, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	opts := &websocket.DialOptions{HTTPHeader: http.Header{}, HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				io.WriteString(c, p.line)
			}
			return c, err
		},
	}}}
	if p.header != "" {
		opts.HTTPHeader.Set("X-Forwarded-For", p.header)
	}
	c, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1", opts)
	if err != nil {
		return nil, "", err
	}
	t.Cleanup(func() { c.CloseNow() })
	_, b, err := c.Read(ctx)
	return c, string(b), err
}

// Fails when somebody is believed whom the operator hasn't listed, when a proxy that is
// listed isn't, or when it is served without saying for whom.
func TestProxies(t *testing.T) {
	const line = "PROXY TCP4 192.0.2.1 198.51.100.1 4711 80\r\n"
	type welcomed struct {
		name string
		says spokesman
		want string // of the welcome; "" if it isn't served
	}
	for name, c := range map[string]struct {
		listed []netip.Prefix
		dials  []welcomed
		pipes  map[string]string // what a pipe says first, and what it hears; "" is nothing
	}{
		"listed": {loopback, []welcomed{
			{"a line", spokesman{line: line}, `"your-address":{"port":4711,"ipv4":"192.0.2.1"}`},
			{"a header", spokesman{header: "192.0.2.1"}, `"ipv4":"192.0.2.1"`},
			{"a header that a client began", spokesman{header: "203.0.113.1, 192.0.2.1, 127.0.0.2"}, `"ipv4":"192.0.2.1"`},
			{"both", spokesman{line: line, header: "203.0.113.1"}, `"ipv4":"192.0.2.1"`},
			{"the proxy itself", spokesman{line: "PROXY UNKNOWN\r\n"}, `"ipv4":"127.0.0.1"`},
			{"nothing", spokesman{}, ""},
			{"nonsense in a header", spokesman{header: "me"}, ""},
			{"nonsense in a line", spokesman{line: "PROXY TCP4 me you 1 2\r\n"}, ""},
		}, map[string]string{line: "ok\n", "": ""}},
		"another": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, []welcomed{
			{"a header of somebody else", spokesman{header: "192.0.2.1"}, `"ipv4":"127.0.0.1"`},
			{"a line of somebody else", spokesman{line: line}, ""},
		}, map[string]string{line: "HTTP/1.1 400 Bad Request", "": "ok\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, &relay.Config{Proxies: c.listed})
			for _, d := range c.dials {
				_, welcome, err := d.says.dial(t, addr)
				if (err == nil) != (d.want != "") || !strings.Contains(welcome, d.want) {
					t.Errorf("%s: %q, %v", d.name, welcome, err)
				}
			}
			for first, want := range c.pipes {
				var ends []net.Conn
				for range 2 {
					conn := tcp.dial(t, addr)
					io.WriteString(conn, first+"please relay "+strings.Repeat("p", 64)+"\n")
					ends = append(ends, conn)
				}
				for _, conn := range ends {
					if b, _ := bufio.NewReader(conn).ReadString('\n'); !strings.HasPrefix(b, want) || want == "" && b != "" {
						t.Errorf("a pipe that begins with %q: %q", first, b)
					}
				}
			}
		})
	}
}

// Fails when everybody behind a proxy is one source, or one of them can have more than
// his own; and when a client that a proxy's connection was for before counts for the next.
func TestSourcesBehindAProxy(t *testing.T) {
	addr := serve(t, &relay.Config{Proxies: loopback, Limits: relay.Limits{ConnsPerSource: 2}})
	for _, from := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:1::1"} {
		for i := range 4 {
			if _, _, err := (spokesman{header: from}).dial(t, addr); (err == nil) != (i < 2) {
				t.Errorf("connection %d of %s: %v", i, from, err)
			}
		}
	}
	// A proxy may have many requests made on one connection.
	conn := tcp.dial(t, addr)
	r := bufio.NewReader(conn)
	for i := range 10 {
		for _, c := range []struct {
			header string
			want   int
		}{{"X-Forwarded-For: 203.0.113.1\r\n", 200}, {"X-Forwarded-For: 203.0.113.2\r\n", 200}, {"", 400}} {
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n"+c.header+"\r\n")
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			if resp.StatusCode != c.want {
				t.Fatalf("request %d with %q: %s", i, c.header, resp.Status)
			}
		}
	}
}

// Fails when those on the block list are served, themselves or through a proxy.
func TestBlocked(t *testing.T) {
	blocked, err := trust.ParseSet("list", "192.0.2.0/24\n2001:db8::/32\n")
	if err != nil {
		t.Fatal(err)
	}
	seen := figures.New()
	s, addr, shutdown := started(t, &relay.Config{Proxies: loopback, Blocked: blocked, Figures: seen})
	defer shutdown(patience)
	for from, want := range map[string]bool{"192.0.2.1": false, "2001:db8:1::1": false, "198.51.100.1": true} {
		if _, _, err := (spokesman{header: from}).dial(t, addr); (err == nil) != want {
			t.Errorf("%s by a header: %v", from, err)
		}
	}
	if n := seen.Refused.Sum()[figures.Blocked]; n != 2 {
		t.Errorf("%d of them are counted, want 2", n)
	}
	if _, _, err := (spokesman{line: "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\n"}).dial(t, addr); err == nil {
		t.Error("one is served by a line")
	}
	all, _ := trust.ParseSet("list", "127.0.0.0/8")
	s.Change(&relay.Config{Blocked: all})
	if _, _, err := (spokesman{header: "198.51.100.1"}).dial(t, addr); err == nil {
		t.Error("what comes from a blocked address itself is served")
	}
}
