package relay_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
	"sesame/relay/cert"
)

const secureName = "relay.example.org"

// certified returns how a server shows a certificate of its own, and how a client
// accepts it.
func certified(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{secureName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1", cert.ChallengeProtocol}},
		&tls.Config{RootCAs: roots, ServerName: secureName}
}

// dialSecure returns a WebSocket over TLS.
func dialSecure(t testing.TB, addr, path string, config *tls.Config) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "wss://"+addr+path, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// One port serves with TLS and without: those who meet needn't come in the same way.
func TestTLSBesidePlain(t *testing.T) {
	server, client := certified(t)
	addr := serve(t, &relay.Config{TLS: server})

	secure := &mailbox{t, dialSecure(t, addr, "/v1", client)}
	if m := secure.read(); m.kind() != "welcome" {
		t.Fatalf("first message is %v", m)
	}
	plain, _ := dial(t, addr)
	secure.open("a", "4")
	plain.open("b", "4")
	secure.send(`{"type":"add","phase":"pake","body":"aa"}`)
	if m := plain.want("message"); m["phase"] != "pake" {
		t.Errorf("got %v", m)
	}

	for _, other := range []carrier{tcp, ws} {
		a := websocket.NetConn(t.Context(), dialSecure(t, addr, "/transit", client), websocket.MessageBinary)
		b := other.dial(t, addr)
		say(t, a, line(sideA))
		say(t, b, line(sideB))
		hear(t, a, "ok\n")
		hear(t, b, "ok\n")
		say(t, a, "from a")
		hear(t, b, "from a")
		say(t, b, "from b")
		hear(t, a, "from b")
		a.Close() // an orderly end, which must pass through TLS
		hearEnd(t, b, "")
		b.Close()
	}
	resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: client, DisableKeepAlives: true}}).Get("https://" + addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the page: %s", resp.Status)
	}
}

// What isn't HTTP has nothing to do inside TLS.
func TestTLSInsideIsHTTP(t *testing.T) {
	server, client := certified(t)
	addr := serve(t, &relay.Config{TLS: server})
	for name, in := range map[string]string{"a pipe": line(sideA), "TLS": "\x16\x03\x01", "nothing": ""} {
		c := dialTLS(t, addr, client)
		if in == "" {
			c.CloseWrite()
		} else {
			say(t, c, in)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: got %d bytes", name, n)
		}
	}
	challenge := client.Clone()
	challenge.NextProtos = []string{cert.ChallengeProtocol}
	c := dialTLS(t, addr, challenge)
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("an authority that looks: got %d bytes", n)
	}
}

func dialTLS(t testing.TB, addr string, config *tls.Config) *tls.Conn {
	t.Helper()
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	raw.SetDeadline(time.Now().Add(patience))
	c := tls.Client(raw, config)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Who begins TLS and says no more is gone after the time for that, and has kept nobody
// else from coming in.
func TestTLSStalls(t *testing.T) {
	server, client := certified(t)
	addr := serve(t, &relay.Config{TLS: server, Limits: relay.Limits{Handshake: 2 * time.Second}})
	var stalled []net.Conn
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	for range 40 { // on one CPU more than a source may have
		c, err := from.DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(patience))
		say(t, c, "\x16\x03\x01\x02\x00")
		stalled = append(stalled, c)
	}
	dialTLS(t, addr, client)
	for _, c := range stalled {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("it was answered")
		} else if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Fatal("it is still there")
		}
	}
}
