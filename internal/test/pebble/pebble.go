//go:build linux

// Package pebble runs the test server of an ACME authority, Let's Encrypt's Pebble, for
// tests. It looks for every name on loopback, at the port that it is told.
package pebble

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sesame/internal/test/lab"
)

// An Authority is a running one.
type Authority struct {
	URL  string // of its directory
	File string // with the certificate of who signed that address's, PEM

	process *lab.Process
	web     *http.Client
	manage  string
}

// Start runs an authority that finds every name at 127.0.0.1, port, and gives
// certificates that are valid for life. The test is skipped where Pebble isn't installed.
func Start(t testing.TB, port int, life time.Duration) *Authority {
	t.Helper()
	program := find(t)
	dir := t.TempDir()
	a := &Authority{File: filepath.Join(dir, "cert.pem")}
	roots := Certify(t, a.File, filepath.Join(dir, "key.pem"))
	a.web = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	at, manage := Free(t), Free(t)
	a.URL, a.manage = "https://"+at+"/dir", "https://"+manage
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": at, "managementListenAddress": manage, "certificate": a.File, "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": 1, "tlsPort": port, "profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": int(life.Seconds())}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-config", file, "-dnsserver", names(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	a.process = lab.Start(t, "pebble", cmd)
	a.await(t)
	return a
}

// Kill ends it.
func (a *Authority) Kill() { a.process.Kill() }

// Roots returns who signs the certificates that it gives.
func (a *Authority) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	text, err := a.get(t.Context(), a.manage+"/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("the authority has no certificate of its own")
	}
	return pool
}

func (a *Authority) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := a.web.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// await returns when the authority answers.
func (a *Authority) await(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) { // another process
		if _, err := a.get(t.Context(), a.URL); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatalf("the authority doesn't answer: %v", err)
		}
	}
}

// find returns the program, which the script peers.sh puts beside other peers.
func find(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("pebble"); err == nil {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(cache, "sesame-peers", "pebble")
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no pebble here: see make peers")
	}
	return path
}

// Free returns an address of loopback at which nothing listens at this moment.
func Free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Certify writes a certificate for 127.0.0.1 and its key to two files (PEM), and returns
// who trusts it.
func Certify(t testing.TB, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, b := range map[string][]byte{certFile: text, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs})} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

// names answers, for the length of the test, that every name is 127.0.0.1.
func names(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go talk(c)
		}
	}()
	return l.Addr().String()
}

// talk answers the questions of one connection (RFC 1035 §4.2.2).
func talk(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		b, ok := answer(query)
		if !ok {
			return
		}
		c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	}
}

func answer(query []byte) ([]byte, bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	m.Response, m.Authoritative, m.RecursionAvailable = true, true, true
	m.Additionals = nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	b, err := m.Pack()
	return b, err == nil
}
