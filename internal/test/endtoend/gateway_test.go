//go:build linux

package endtoend

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A gateway is a proxy that looks up no name but those that it knows, and keeps
// what it was asked for.
type gateway struct {
	names map[string]string // "host:port" to where that is
	auth  string            // "user:password" that is wanted; "" for any or none
	only  string            // ":443" for that port alone; "" for all

	mu    sync.Mutex
	asked []string // "host:port"
	users []string // that named themselves
}

// serve lets g answer at l until t ends, with SOCKS or HTTP.
func (g *gateway) serve(t *testing.T, l net.Listener, speak func(g *gateway, conn net.Conn) (net.Conn, error)) {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer client.Close()
				client.SetDeadline(time.Now().Add(patience))
				server, err := speak(g, client)
				if err != nil {
					return
				}
				defer server.Close()
				client.SetDeadline(time.Time{})
				splice(client, server)
			})
		}
	})
	t.Cleanup(func() { l.Close() }) // its connections end with the programs
}

// splice passes everything on until both ends are done.
func splice(a, b net.Conn) {
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			io.Copy(way[0], way[1])
			if c, ok := way[0].(interface{ CloseWrite() error }); ok {
				c.CloseWrite()
			}
		})
	}
	both.Wait()
}

// open connects to what a client asks for.
func (g *gateway) open(host, port, user string) (net.Conn, error) {
	addr := net.JoinHostPort(host, port)
	g.mu.Lock()
	g.asked = append(g.asked, addr)
	if user != "" {
		g.users = append(g.users, user)
	}
	g.mu.Unlock()
	to, known := g.names[addr]
	if !known || g.only != "" && !strings.HasSuffix(addr, g.only) {
		return nil, fmt.Errorf("no way to %s", addr)
	}
	return net.Dial("tcp", to)
}

// seen returns what was asked for, each once, and the users.
func (g *gateway) seen() (asked, users []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked, users = slices.Clone(g.asked), slices.Clone(g.users)
	slices.Sort(asked)
	slices.Sort(users)
	return slices.Compact(asked), slices.Compact(users)
}

// speakHTTP takes a CONNECT.
func speakHTTP(g *gateway, conn net.Conn) (net.Conn, error) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return nil, err
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(g.auth))
	if g.auth != "" && r.Header.Get("Proxy-Authorization") != basic {
		io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"gateway\"\r\n\r\n")
		return nil, fmt.Errorf("no credentials")
	}
	host, port, err := net.SplitHostPort(r.RequestURI)
	if err != nil || r.Method != "CONNECT" {
		io.WriteString(conn, "HTTP/1.1 405 Method Not Allowed\r\n\r\n")
		return nil, fmt.Errorf("%s %s", r.Method, r.RequestURI)
	}
	server, err := g.open(host, port, "")
	if err != nil {
		io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
		return nil, err
	}
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	return server, nil
}

// speakSOCKS takes a CONNECT of SOCKS5 (RFC 1928, RFC 1929).
func speakSOCKS(g *gateway, conn net.Conn) (net.Conn, error) {
	var broken error
	take := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			broken = err
			return make([]byte, n)
		}
		return b
	}
	methods := take(int(take(2)[1]))
	var user, password string
	if slices.Contains(methods, 2) {
		conn.Write([]byte{5, 2})
		user = string(take(int(take(2)[1])))
		password = string(take(int(take(1)[0])))
		wrong := byte(0)
		if g.auth != "" && user+":"+password != g.auth {
			wrong = 1
		}
		conn.Write([]byte{1, wrong})
	} else if g.auth != "" {
		conn.Write([]byte{5, 0xff})
		return nil, fmt.Errorf("no credentials")
	} else {
		conn.Write([]byte{5, 0})
	}
	var host string
	switch kind := take(4)[3]; kind {
	case 1:
		host = net.IP(take(4)).String()
	case 3:
		host = string(take(int(take(1)[0])))
	case 4:
		host = net.IP(take(16)).String()
	}
	p := take(2)
	if broken != nil {
		return nil, broken // who asked has found another way
	}
	server, err := g.open(host, fmt.Sprint(int(p[0])<<8|int(p[1])), user)
	if err != nil {
		conn.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0})
		return nil, err
	}
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return server, nil
}

// certify returns a certificate for names and addresses, and writes it to a file
// for programs that are to trust it.
func (w *world) certify(names ...string) (tls.Certificate, string) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.dir, fmt.Sprintf("trusted%d.pem", nameplates.Add(1)))
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

// secure puts a server that does TLS before the world's relay, as web servers
// are, and returns its address.
func (w *world) secure(address string, certificate tls.Certificate) string {
	w.t.Helper()
	l, err := tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		w.t.Fatal(err)
	}
	var front gateway
	front.serve(w.t, l, func(*gateway, net.Conn) (net.Conn, error) { return net.Dial("tcp", w.address) })
	return l.Addr().String()
}
