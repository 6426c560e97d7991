//go:build linux

package endtoend

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// only lets h send packets to one address alone, which may be its own.
func only(t *testing.T, h *lab.Host, address string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	h.Rules(t, fmt.Sprintf(`table inet only {
	counter other { }
	chain out {
		type filter hook output priority 0
		ip daddr %[1]s tcp dport %[2]s accept
		ip saddr %[1]s tcp sport %[2]s accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld2-listener-report } drop comment "the system's own"
		counter name other drop
	}
}
`, host, port))
}

// Fails if a computer that reaches nothing but a proxy, and no name server, can't
// send: through a proxy of any kind, to a relay behind a web server that does
// TLS, of which the proxy alone knows where it is. Fails too if what is tried in
// vain takes long.
func TestNothingButAProxy(t *testing.T) {
	for _, test := range []struct {
		name  string
		speak func(*gateway, net.Conn) (net.Conn, error)
		only  string // port that the proxy connects to
		auth  string
		flags string // further ones, for both sides
		proxy string // URL, with ADDRESS
		flag  string // or variable, that names it
		path  string // by which the sender is connected
	}{
		{"CONNECT, to port 443 only", speakHTTP, ":443", "", "", "http://ADDRESS", "HTTPS_PROXY", `relay relay.example.org \(WebSocket\), through the proxy ADDRESS`},
		{"CONNECT with a password", speakHTTP, ":443", "me:secret", "--classic", "http://me:secret@ADDRESS", "--proxy", `relay relay.example.org \(WebSocket\), through the proxy ADDRESS`},
		{"CONNECT over TLS", speakHTTP, ":443", "", "", "https://ADDRESS", "SESAME_PROXY", `relay relay.example.org \(WebSocket\), through the proxy ADDRESS`},
		{"CONNECT to all ports", speakHTTP, "", "", "", "ADDRESS", "https_proxy", `relay relay.example.org( \(WebSocket\))?, through the proxy ADDRESS`},
		{"SOCKS", speakSOCKS, "", "", "--classic", "socks5h://ADDRESS", "ALL_PROXY", `relay relay.example.org, through the proxy ADDRESS`},
		{"SOCKS with a password, to port 443 only", speakSOCKS, ":443", "me:secret", "", "socks5://me:secret@ADDRESS", "--proxy", `relay relay.example.org \(WebSocket\), through the proxy ADDRESS`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			certificate, trusted := w.certify("relay.example.org", lab.Center)
			front := w.secure(lab.Center+":0", certificate)
			_, port, _ := net.SplitHostPort(w.address)
			g := &gateway{auth: test.auth, only: test.only, names: map[string]string{
				"relay.example.org:443":     front,
				"relay.example.org:" + port: w.address,
			}}
			l, err := net.Listen("tcp", lab.Center+":0")
			if err != nil {
				t.Fatal(err)
			}
			address := l.Addr().String()
			if strings.HasPrefix(test.proxy, "https:") {
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
			}
			g.serve(t, l, test.speak)
			only(t, w.sender, address)

			write(t, filepath.Join(w.out, "big"), 4<<20)
			code := newCode()
			send := w.sending(code, append(strings.Fields(test.flags), "big")...)
			send.args[2] = "wss://relay.example.org/v1"
			send.env = []string{"SSL_CERT_FILE=" + trusted}
			if proxy := strings.Replace(test.proxy, "ADDRESS", address, 1); strings.HasPrefix(test.flag, "--") {
				send.args = append(send.args, test.flag, proxy)
			} else {
				send.env = append(send.env, test.flag+"="+proxy)
			}
			began := time.Now()
			sender, receiver := w.start(send), w.start(w.receiving(code, strings.Fields(test.flags)...))
			w.arrived(sender, receiver)
			said(t, sender, "Connected: "+strings.ReplaceAll(test.path, "ADDRESS", address))
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
			if out := sender.Err.String(); strings.Contains(out, "secret") {
				t.Error("it shows the password")
			}
			theirs := lab.Center + ":" + port // the relay as the receiver names it
			if asked, _ := g.seen(); slices.ContainsFunc(asked, func(a string) bool { return !strings.HasPrefix(a, "relay.example.org:") && a != theirs }) {
				t.Errorf("the proxy was asked for %q", asked)
			}
		})
	}
}

// Fails if NO_PROXY, or --proxy none, doesn't keep a proxy out of it that isn't
// there.
func TestNoProxy(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
		env   string
	}{
		{"exempt", nil, "NO_PROXY=10.99.0.0/16"},
		{"none", []string{"--proxy", "none"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 1<<20)
			code := newCode()
			send, receive := w.sending(code, append(test.flags, "big", "--relay-only")...), w.receiving(code, append(test.flags, "--relay-only")...)
			for _, s := range []*side{&send, &receive} {
				s.env = []string{"ALL_PROXY=http://10.99.0.1:1", "HTTP_PROXY=http://10.99.0.1:1", test.env}
			}
			w.arrived(w.start(send), w.start(receive))
		})
	}
}

// Fails if a proxy that isn't for the server is ignored without a word, or if the one
// line says not which setting is for it.
func TestProxyForOtherServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, filepath.Join(w.out, "big"), 1<<20)
	code := newCode()
	send, receive := w.sending(code, "big"), w.receiving(code)
	send.env = []string{"HTTPS_PROXY=http://10.99.0.1:1"}
	receive.env = send.env
	sender, receiver := w.start(send), w.start(receive)
	w.arrived(sender, receiver)
	for _, p := range []*lab.Process{sender, receiver} {
		if n := strings.Count(p.Err.String(), "HTTPS_PROXY is for wss:// servers, so "+strings.TrimSuffix(w.url, "/v1")+" is reached directly; HTTP_PROXY, or --proxy, is for this one.\n"); n != 1 {
			t.Errorf("it says %d times that a proxy isn't used", n)
		}
	}
	doctor := w.start(side{host: w.sender, dir: w.out, env: send.env, args: []string{"doctor", "--server", w.url}})
	doctor.Exit(t, patience)
	said(t, doctor, `HTTP_PROXY, or`)
}

// Fails if a relay behind a web server that does TLS can't be used by its URL
// alone, with a name or an IPv6 address.
func TestRelayBehindTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	certificate, trusted := w.certify("fd99::1")
	if err := lab.IP("address", "replace", "fd99::1/64", "dev", "lan", "nodad"); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*lab.Host{w.sender, w.receiver} {
		if err := h.IP("address add fd99::" + strings.ReplaceAll(strings.TrimPrefix(h.Address, "10.99."), ".", ":") + "/64 dev eth0 nodad"); err != nil {
			t.Fatal(err)
		}
	}
	front := w.secure("[fd99::1]:0", certificate)
	write(t, filepath.Join(w.out, "big"), 1<<20)
	code := newCode()
	send, receive := w.sending(code, "big", "--relay-only"), w.receiving(code, "--relay-only")
	for _, s := range []*side{&send, &receive} {
		s.args[2] = "wss://" + front + "/v1"
		s.env = []string{"SSL_CERT_FILE=" + trusted}
	}
	sender, receiver := w.start(send), w.start(receive)
	w.arrived(sender, receiver)
	said(t, sender, `Connected: relay fd99::1`)
}
