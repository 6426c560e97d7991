package relay_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesame/relay"
)

// ask sends what may be no request at all, and returns the answer with its body, and whether the server
// then ends the connection.
func ask(t *testing.T, addr, method, text string) (resp *http.Response, body string, ends bool) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, text)
	in := bufio.NewReader(c)
	resp, err = http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%.60q: %v", text, err)
	}
	return resp, string(b), resp.Close
}

// What is served over HTTP, what isn't, and what is said then; who isn't served is let go.
func TestRoutes(t *testing.T) {
	addr := serve(t, nil)
	upgrade := "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	for _, c := range []struct {
		method, path, more string
		want               int
		says               string
	}{
		{"GET", "/", "", 200, "sesame send --server ws://relay.test:4000/v1"},
		{"HEAD", "/", "", 200, ""},
		{"GET", "/?x=1", "", 200, "sesame"},
		{"GET", "/v1", "", 200, "WebSocket"},
		{"HEAD", "/v1/", "", 200, ""},
		{"GET", "/transit", "", 200, "WebSocket"},
		{"GET", "/favicon.ico", "", 404, "nothing"},
		{"HEAD", "/other", "", 404, ""},
		{"GET", "/v12", "", 404, "nothing"},
		{"GET", "//", "", 404, "nothing"},
		{"GET", "/../etc/passwd", "", 404, "nothing"},
		{"GET", "/other", upgrade, 404, "nothing"},
		{"POST", "/", "Content-Length: 2\r\n", 405, "isn't done"},
		{"DELETE", "/v1", "", 405, "isn't done"},
		{"OPTIONS", "*", "", 405, "isn't done"},
		{"TRACE", "/", "", 405, "isn't done"},
		{"CONNECT", "other.test:443", "", 405, "isn't done"},
		{"PRI", "*", "", 405, "isn't done"},
		{"POST", "/v1", upgrade, 405, "isn't done"},
		{"HEAD", "/transit", upgrade, 405, ""},
		{"GET", "/", "Content-Length: 9999999999\r\n", 413, "Nothing is taken"},
		{"GET", "/", "Transfer-Encoding: chunked\r\n", 413, "Nothing is taken"},
		{"GET", "/v1", upgrade + "Content-Length: 1\r\n", 413, "Nothing is taken"},
		{"GET", "/", "X: " + strings.Repeat("x", 5<<10) + "\r\n", 431, "too long"},
		{"GET", "/" + strings.Repeat("x", 5<<10), "", 431, "too long"},
		{"GET", "/v1", "Upgrade: other\r\n", 426, ""},
		{"GET", "/", "Host: twice\r\n", 400, ""},
		{"GET", "/", "Origin: http://evil.test\r\n", 403, "isn't reached by that name"},
	} {
		version := "HTTP/1.1"
		if c.method == "PRI" {
			version = "HTTP/2.0"
		}
		resp, body, ends := ask(t, addr, c.method, fmt.Sprintf("%s %s %s\r\nHost: relay.test:4000\r\n%s\r\n", c.method, c.path, version, c.more))
		if resp.StatusCode != c.want || !strings.Contains(body, c.says) || c.method == "HEAD" && body != "" {
			t.Errorf("%s %.40s %.60q: %s, %q, want %d, %q", c.method, c.path, c.more, resp.Status, body, c.want, c.says)
		}
		if ok := c.want == 200; ok == ends {
			t.Errorf("%s %.40s %.60q: %s, and the connection ends: %v", c.method, c.path, c.more, resp.Status, ends)
		}
		if c.path == "/" && c.want == 200 && c.method == "GET" && (strings.Contains(body, "CONTACT") || strings.Contains(body, "Who runs it")) {
			t.Errorf("nobody has said whom to ask:\n%s", body)
		}
		if c.want == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s %s: it isn't said what is", c.method, c.path)
		}
		if h := resp.Header.Get("X-Content-Type-Options"); c.says != "" && h != "nosniff" {
			t.Errorf("%s %s: X-Content-Type-Options: %q", c.method, c.path, h)
		}
	}
}

// A request that is larger than any may be is refused as soon as that shows; what comes after isn't read.
func TestHugeHeader(t *testing.T) {
	addr := serve(t, nil)
	for _, path := range []string{"/", "/v1"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n", path)
		sent := 0
		for line := "X: " + strings.Repeat("x", 1000) + "\r\n"; sent < 64<<20; sent += len(line) {
			if _, err := io.WriteString(c, line); err != nil {
				break
			}
		}
		if sent >= 64<<20 {
			t.Errorf("%s: it takes %d bytes of header", path, sent)
		}
	}
}

var fetches = regexp.MustCompile(`(?i)\b(src|href|action|url|import|script)\b\s*[=(]`)

// The page at / says how to use the server by the name that it is called by, and whom to ask. It loads
// nothing, runs nothing, and what others say of themselves is text in it.
func TestPlaceholder(t *testing.T) {
	addr := serve(t, &relay.Config{Contact: `<b onload="x">admin@relay.test`})
	for host, want := range map[string]string{
		"relay.test":         "--relay-url ws://relay.test/v1 --transit-helper tcp:relay.test:80 ",
		"relay.test:4000":    "--relay-url ws://relay.test:4000/v1 --transit-helper tcp:relay.test:4000 ",
		"[2001:db8::1]":      "tcp:[2001:db8::1]:80 ",
		"[2001:db8::1]:4000": "tcp:[2001:db8::1]:4000 ",
		"":                   "ws://" + addr + "/v1",
		"a&b;c":              "ws://" + addr + "/v1",
		"relay.test/x":       "ws://" + addr + "/v1",
	} {
		resp, body, _ := ask(t, addr, "GET", "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if resp.StatusCode == http.StatusBadRequest && strings.ContainsAny(host, "/&") {
			continue
		}
		if resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("Host %q: %s, without %q:\n%s", host, resp.Status, want, body)
		}
		if !strings.Contains(body, "Who runs it: &lt;b onload=&#34;x&#34;&gt;admin@relay.test") {
			t.Errorf("it isn't said whom to ask:\n%s", body)
		}
		if found := fetches.FindString(body); found != "" {
			t.Errorf("it loads something: %s", found)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy: %s", policy)
		}
	}
}

// Who reads pages again and again is told to come later, on whatever connections, and clients of
// the same address are served meanwhile.
func TestPagesTooOften(t *testing.T) {
	addr := serve(t, nil)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(c)
	for n := 0; ; n++ {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		if resp.StatusCode == http.StatusTooManyRequests {
			if n < 60 || !resp.Close || resp.Header.Get("Retry-After") == "" {
				t.Errorf("after %d pages, the end: %v, %v", n, resp.Close, resp.Header)
			}
			break
		}
		if n > 10_000 {
			t.Fatal("it goes on and on")
		}
	}
	if resp, _, _ := ask(t, addr, "GET", "GET /other HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("on another connection: %s", resp.Status)
	}
	m, _ := dial(t, addr)
	m.bind("a")
}

// Requests that come byte by byte, and answers that nobody reads, have the time of a handshake.
func TestSlowRequests(t *testing.T) {
	for name, text := range map[string]string{
		"header": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1000),
		"line":   "GET /" + strings.Repeat("x", 1000),
	} {
		virtual(t, func(t *testing.T, l *pipeListener) {
			c := l.dial()
			begin := time.Now()
			go io.Copy(io.Discard, c)
			for _, b := range []byte(text) {
				if _, err := c.Write([]byte{b}); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
			if d := time.Since(begin); d > 11*time.Second {
				t.Errorf("%s: it ended after %v", name, d)
			}
		})
	}
	virtual(t, func(t *testing.T, l *pipeListener) { // between two requests
		c := l.dial()
		go io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		in := bufio.NewReader(c)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		endsAfter(t, "between two requests", in, 10*time.Second, 10*time.Second)
	})
	virtual(t, func(t *testing.T, l *pipeListener) {
		c := l.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(10*time.Second + time.Millisecond) // of the pipe in memory nothing is taken
		synctest.Wait()
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			t.Error("an answer that nobody reads waits for more than its time")
		}
	})
}
