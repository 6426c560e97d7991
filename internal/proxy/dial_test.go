//go:build !js

package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// proxied runs Dial against a proxy that does what a test says, in time that
// passes by itself, and returns what came of it and when.
func proxied(t *testing.T, url string, proxy func(net.Conn)) (conn net.Conn, err error, after time.Duration) {
	t.Helper()
	s, err := Parse("--proxy", url)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var running sync.WaitGroup
	conn, err = s.dialOver(t.Context(), func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		running.Go(func() {
			defer theirs.Close()
			proxy(theirs)
		})
		return ours, nil
	}, "relay.example.org:443")
	after = time.Since(began)
	if err != nil {
		running.Wait()
	}
	return conn, err, after
}

// say answers a request.
func say(answer string) func(net.Conn) {
	return func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		io.WriteString(c, answer)
	}
}

// socksSay answers a greeting and then whatever comes.
func socksSay(greeting, reply string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 512))
		io.WriteString(c, greeting)
		if reply != "" {
			c.Read(make([]byte, 512))
			io.WriteString(c, reply)
		}
	}
}

func drip(c net.Conn) {
	go io.Copy(io.Discard, c)
	for _, b := range "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1000) {
		if _, err := c.Write([]byte{byte(b)}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func endless(c net.Conn) {
	go io.Copy(io.Discard, c)
	io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for {
		if _, err := io.WriteString(c, "X-More: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
			return
		}
	}
}

// Fails if a proxy that misbehaves is believed, waited for longer than 20
// seconds, or described wrongly, or if the password is shown.
func TestHostileProxies(t *testing.T) {
	const plain, named = "http://192.0.2.1:3128", "http://user:secret@192.0.2.1:3128"
	const sock, sockNamed = "socks5h://192.0.2.1", "socks5h://user:secret@192.0.2.1"
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	for _, c := range []struct {
		name, url string
		proxy     func(net.Conn)
		says      string
	}{
		{"hangs up", plain, say(""), "hung up"},
		{"silence", plain, silent, "did not answer in time"},
		{"a byte a second", plain, drip, "did not answer in time"},
		{"endless header", plain, endless, "is no HTTP proxy"},
		{"a page", plain, say("<html>please log in</html>"), `is no HTTP proxy: it says "<"`},
		{"SSH", plain, say("SSH-2.0-OpenSSH_9.2\r\n"), `it says "S"`},
		{"terminal escapes", plain, say("HTTP/1.\x1b[2J\r\n\r\n"), `is no HTTP proxy: it says "HTTP/1.\\u{1b}[2J"`},
		{"not a number", plain, say("HTTP/1.1 abc no\r\n\r\n"), "is no HTTP proxy"},
		{"broken header", plain, say("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "is no HTTP proxy"},
		{"cut off", plain, say("HTTP/1.1 200 OK\r\n"), "hung up"},
		{"forbidden", plain, say("HTTP/1.1 403 Go\x07away\r\nContent-Length: 5\r\n\r\n12345"), "refuses to connect to relay.example.org:443 (403 Forbidden)"},
		{"odd status", plain, say("HTTP/1.1 499 Because \x1b[2J\r\n\r\n"), `(499 Because \u{1b}[2J)`},
		{"no method", plain, say("HTTP/1.0 405 Method Not Allowed\r\n\r\n"), "refuses to connect"},
		{"not reached", plain, say("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "could not connect to relay.example.org:443 (502 Bad Gateway)"},
		{"redirect", plain, say("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n"), "redirects instead of connecting"},
		{"wants credentials", plain, say("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"), "wants a user and a password"},
		{"wrong credentials", named, say("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"), "does not accept the user or the password"},
		{"wants something else", named, say("HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n"), "can't do: NTLM, Negotiate"},
		{"wants credentials, says not which", plain, say("HTTP/1.1 407 x\r\n\r\n"), "wants a user and a password"},
		{"SOCKS hangs up", sock, socksSay("", ""), "hung up"},
		{"SOCKS silence", sock, silent, "did not answer in time"},
		{"SOCKS 4", sock, socksSay("\x04\x5a", ""), "is no SOCKS5 proxy"},
		{"HTTP for SOCKS", sock, socksSay("HTTP/1.1 400 Bad Request\r\n\r\n", ""), "is no SOCKS5 proxy"},
		{"SOCKS wants credentials", sock, socksSay("\x05\xff", ""), "wants a user and a password"},
		{"SOCKS wants what we haven't", sockNamed, socksSay("\x05\xff", ""), "does not accept the user or the password"},
		{"SOCKS wrong credentials", sockNamed, socksSay("\x05\x02", "\x01\x01"), "does not accept the user or the password"},
		{"SOCKS chooses what was not offered", sock, socksSay("\x05\x02", "\x01\x01\x00\x01"), "is no SOCKS5 proxy"},
		{"SOCKS wants other credentials", sockNamed, socksSay("\x05\x01", ""), "does not accept the user or the password"},
		{"SOCKS answers them oddly", sockNamed, socksSay("\x05\x02", "\x05\x00"), "is no SOCKS5 proxy"},
		{"SOCKS answers oddly", sock, socksSay("\x05\x00", "\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00"), "is no SOCKS5 proxy"},
		{"SOCKS has something reserved", sock, socksSay("\x05\x00", "\x05\x00\x01\x01\x00\x00\x00\x00\x00\x00"), "is no SOCKS5 proxy"},
		{"SOCKS refuses", sock, socksSay("\x05\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"), "refuses to connect to relay.example.org:443"},
		{"SOCKS can't", sock, socksSay("\x05\x00", "\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"), "could not connect to relay.example.org:443: host unreachable"},
		{"SOCKS unknown reply", sock, socksSay("\x05\x00", "\x05\x77\x00\x01\x00\x00\x00\x00\x00\x00"), "could not connect to relay.example.org:443: unknown code: 119"},
		{"SOCKS unknown address", sock, socksSay("\x05\x00", "\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00"), "is no SOCKS5 proxy"},
		{"SOCKS reply cut off", sock, socksSay("\x05\x00", "\x05\x00\x00\x03\xff"), "hung up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, err, after := proxied(t, c.url, c.proxy)
				if err == nil {
					conn.Close()
					t.Fatal("it is believed")
				}
				var typed *Error
				if !errors.As(err, &typed) || typed.Source != "--proxy" {
					t.Errorf("error %T", err)
				}
				if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, "secret") || len(text) > 250 {
					t.Errorf("it says %q, want %q", text, c.says)
				}
				if typed.Credentials() != strings.Contains(c.name, "credentials") && !strings.Contains(c.name, "wants") {
					t.Errorf("credentials: %v", typed.Credentials())
				}
				if after > patience || typed.Timeout() != (after == patience) {
					t.Errorf("after %v, a timeout: %v", after, typed.Timeout())
				}
			})
		})
	}
}

// Fails if what a proxy is asked for differs from the standard, if a name is
// looked up, or if anything of the destination's first bytes is lost.
func TestProxiesConnect(t *testing.T) {
	const hello = "hello from the other end"
	requests := make(chan string, 1)
	web := func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		requests <- fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header.Get("Proxy-Authorization"))
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"+hello)
	}
	sock := func(c net.Conn) {
		b := make([]byte, 512)
		n, _ := c.Read(b)
		seen := fmt.Sprintf("%x", b[:n])
		method := b[n-1]
		c.Write([]byte{5, method})
		if method == 2 {
			n, _ = c.Read(b)
			seen += fmt.Sprintf(" %q", b[:n])
			c.Write([]byte{1, 0})
		}
		n, _ = c.Read(b)
		requests <- seen + fmt.Sprintf(" %q", b[:n])
		c.Write([]byte("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00" + hello))
	}
	for _, c := range []struct {
		url   string
		proxy func(net.Conn)
		want  string
	}{
		{"http://192.0.2.1:3128", web, "CONNECT relay.example.org:443 "},
		{"http://user:secret@192.0.2.1:3128", web, "CONNECT relay.example.org:443 Basic dXNlcjpzZWNyZXQ="},
		{"socks5://192.0.2.1", sock, `050100 "\x05\x01\x00\x03\x11relay.example.org\x01\xbb"`},
		{"socks5h://user:secret@192.0.2.1", sock, `05020002 "\x01\x04user\x06secret" "\x05\x01\x00\x03\x11relay.example.org\x01\xbb"`},
	} {
		conn, err, _ := proxied(t, c.url, c.proxy)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if got := <-requests; got != c.want {
			t.Errorf("%s: asked %s, want %s", c.url, got, c.want)
		}
		b := make([]byte, len(hello))
		if _, err := io.ReadFull(conn, b); err != nil || string(b) != hello {
			t.Errorf("%s: the other end's first bytes: %q, %v", c.url, b, err)
		}
		conn.Close()
	}
}

// Fails if a proxy that isn't there, an address that can't be asked for, or
// someone who gives up, ends in another way than it should.
func TestProxyNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	settings, err := FromEnvironment(func(name string) (string, bool) {
		return "socks5h://user:secret@" + l.Addr().String(), name == "ALL_PROXY"
	})
	if err != nil {
		t.Fatal(err)
	}
	s := settings.Routes("tcp", "relay.example.org:443")[0]
	_, err = s.Dial(t.Context(), "tcp", "relay.example.org:443")
	if typed := (*Error)(nil); !errors.As(err, &typed) || typed.Why != NotReached || !typed.Ambient || typed.Source != "ALL_PROXY" {
		t.Errorf("error %#v", err)
	}
	if want := "the proxy " + l.Addr().String() + " (ALL_PROXY) can't be reached: connection refused"; err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	for _, addr := range []string{"relay.example.org", "a\r\nb:443", "a b:443", "bücher.example:443", strings.Repeat("a", 256) + ":1"} {
		if _, err := s.Dial(t.Context(), "tcp", addr); err == nil || !strings.Contains(err.Error(), "can't be asked for this") {
			t.Errorf("%q: %v", addr, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Dial(ctx, "tcp", "relay.example.org:443"); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever a proxy answers, reading it ends, takes no more than it should, and
// what is shown of it is harmless.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\nrest"))
	f.Add([]byte("HTTP/1.0 407 Authentication\nProxy-Authenticate: Basic realm=\"x\", NTLM\n\n"))
	f.Add([]byte("HTTP/1.1 403 \x1b[2J\r\nContent-Length: 100\r\n\r\nx"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, said []byte) {
		from := bytes.NewReader(said)
		s, _ := Parse("--proxy", "http://user:secret@192.0.2.1:3128")
		err := s.askHTTP(struct {
			io.Reader
			io.Writer
		}{from, io.Discard}, "relay.example.org:443")
		read := len(said) - from.Len()
		if read > maxAnswer+1 {
			t.Fatalf("%d bytes are read", read)
		}
		if err == nil {
			if head := said[:read]; !bytes.HasPrefix(head, []byte("HTTP/1.")) || !bytes.HasSuffix(head, []byte("\n")) {
				t.Fatalf("%q is believed", head)
			}
			return
		}
		if text := s.broken(err).Error(); strings.Contains(text, "secret") || len(text) > 300 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("it says %q", text)
		}
	})
}

// Fails if a destination is told a SOCKS proxy otherwise than RFC 1928 has it, or if one
// is that it can't be told.
func TestSOCKSAddresses(t *testing.T) {
	for addr, want := range map[string]string{
		"a.example:443":                 "\x03\x09a.example\x01\xbb",
		"192.0.2.1:80":                  "\x01\xc0\x00\x02\x01\x00\x50",
		"[2001:db8::1]:65535":           "\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff",
		strings.Repeat("a", 255) + ":1": "\x03\xff" + strings.Repeat("a", 255) + "\x00\x01",
		strings.Repeat("a", 256) + ":1": "",
		"a.example:0":                   "",
		"a.example:65536":               "",
		"a.example:https":               "",
		"a.example":                     "",
		":443":                          "",
	} {
		got, ok := socksAddress(addr)
		if string(got) != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", addr, got, ok)
		}
	}
}
