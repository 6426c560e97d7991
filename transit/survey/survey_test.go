package survey

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sesame/rendezvous"
	"sesame/transit"
)

// at returns a configuration for a mailbox server at a test server's address.
func at(address string) *Config {
	return &Config{
		Mailbox: &rendezvous.Config{URL: "ws://" + address + "/v1"},
		Dial: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		},
	}
}

// listen serves each connection with f.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f(conn)
		}
	}()
	return l.Addr().String()
}

// Fails if a wrong clock, or a web page where a server should be, isn't told.
func TestPortalAndClock(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(3*time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<h1>Please log in</h1>")
	}))
	defer web.Close()
	c := at(web.Listener.Addr().String())
	p := c.fetch(t.Context())
	if f := p.clockFinding(); f.State != Problem || !strings.Contains(f.Text, "your clock is wrong by 3h0m") || !strings.HasSuffix(f.Text, "it is slow") {
		t.Errorf("%+v (%v)", f, p.err)
	}
	m := c.meet(t.Context())
	if f := m.finding(); f.State != Problem || !strings.Contains(f.Text, "web page") || f.Advice == "" {
		t.Errorf("%+v", f)
	}
	for _, skew := range []time.Duration{20 * time.Second, -20 * time.Second} {
		if f := (&page{clock: skew, known: true}).clockFinding(); f.State != Fine {
			t.Errorf("%v: %+v", skew, f)
		}
	}
	if f := (&page{clock: time.Hour, known: true}).clockFinding(); !strings.HasSuffix(f.Text, "it is fast") {
		t.Errorf("%+v", f)
	}
}

// Fails if a relay counts as good that isn't one, or what it says can control a
// terminal, or one that says nothing holds doctor up.
func TestRelaysThatAreNone(t *testing.T) {
	relays := map[string]func(net.Conn){
		"which no relay does": func(c net.Conn) { io.WriteString(c, "\x1b[2Jowned\n") },
		"hangs up":            func(c net.Conn) { bufio.NewReader(c).ReadString('\n'); c.Close() },
		"no answer":           func(net.Conn) {},
		"which no relay":      func(c net.Conn) { io.WriteString(c, "ok\nnot what was sent") },
	}
	for want, serve := range relays {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			address := listen(t, serve)
			begun := time.Now()
			for _, p := range at(address).pipes(t.Context(), []transit.Relay{{Address: address, URL: "ws://" + address + "/transit"}}) {
				f := p.finding()
				if f.State != Problem || f.Advice == "" || strings.ContainsAny(f.Text, "\x1b\n") {
					t.Errorf("%+v", f)
				}
				if !strings.HasPrefix(p.name, "ws") && !strings.Contains(f.Text, want) {
					t.Errorf("%q, want %q", f.Text, want)
				}
			}
			if took := time.Since(begun); took > laterTime+time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Fails if all together takes longer than eight seconds where everything accepts
// and says nothing.
func TestSilence(t *testing.T) {
	t.Parallel()
	address := listen(t, func(net.Conn) {})
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	c := at(address)
	c.Relays, c.STUN = []transit.Relay{{Address: address}}, []string{udp.LocalAddr().String()}
	begun := time.Now()
	problems := 0
	_, works := c.Network(t.Context(), func(f Finding) {
		if f.State == Problem {
			problems++
		}
	})
	if took := time.Since(begun); works || problems < 3 || took > allTime+time.Second {
		t.Errorf("works %v with %d problems after %v", works, problems, took)
	}
}

// Fails if an operator isn't told in time that the certificate ends.
func TestCertificate(t *testing.T) {
	now := time.Unix(1e9, 0)
	for days, want := range map[int]State{5: Problem, 13: Problem, 40: Fine} {
		p := page{tls: &tls.ConnectionState{Version: tls.VersionTLS13,
			PeerCertificates: []*x509.Certificate{{NotAfter: now.Add(time.Duration(days)*24*time.Hour + time.Hour)}}}}
		if f := p.certificateFinding(now); f.State != want {
			t.Errorf("%d days: %+v", days, f)
		}
	}
	if f := (&page{}).certificateFinding(now); f.State != Remark {
		t.Errorf("without TLS: %+v", f)
	}
}
