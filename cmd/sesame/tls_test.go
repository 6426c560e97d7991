package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesame/relay"
)

// certificate makes one that nobody vouches for.
func certificate(t *testing.T, from, to time.Time, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, DNSNames: []string{name}}
	if ip := net.ParseIP(name); ip != nil {
		c.DNSNames, c.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Fails if a server whose TLS isn't in order is used, if that ends in another
// way than with exit code 7 and a line that tells what is wrong, or if the line
// below doesn't tell what to do.
func TestTLSNotInOrder(t *testing.T) {
	now := time.Now()
	year := 365 * 24 * time.Hour
	serve := func(c tls.Certificate) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it is used") }))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return "wss" + strings.TrimPrefix(s.URL, "https") + "/v1"
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	defer old.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	for name, c := range map[string]struct{ server, says string }{
		"expired": {serve(certificate(t, now.Add(-2*year), now.Add(-year), "127.0.0.1")),
			`its certificate is valid from ` + now.Add(-2*year).UTC().Format("2006-01-02") + `.* to ` + now.Add(-year).UTC().Format("2006-01-02") +
				`.*, and this computer's clock says ` + now.UTC().Format("2006-01-02") + `.*\n +set this computer's clock if it is wrong`},
		"not valid yet": {serve(certificate(t, now.Add(year), now.Add(2*year), "127.0.0.1")), `this computer's clock says .*\n +set this computer's clock`},
		"wrong name":    {serve(certificate(t, now.Add(-year), now.Add(year), "login.example")), `its certificate is for login.example, not for 127.0.0.1\n +somebody may be in between`},
		"self-signed":   {serve(certificate(t, now.Add(-year), now.Add(year), "127.0.0.1")), `nobody whom this computer trusts has signed its certificate\n +somebody may be in between.*--server-ca`},
		"no TLS":        {"wss" + strings.TrimPrefix(plain.URL, "http"), `it does not speak TLS\n +its URL may begin with ws://`},
		"only old TLS":  {"wss" + strings.TrimPrefix(old.URL, "https"), `tls: protocol version not supported`},
		"TLS unasked":   {"ws" + strings.TrimPrefix(secure.URL, "https"), `HTTP status 400; its URL may have to begin with wss://`},
	} {
		for _, verb := range []string{"send", "receive"} {
			t.Run(name+", "+verb, func(t *testing.T) {
				args := []string{verb, "--server", c.server}
				if verb == "send" {
					args = append(args, "--text", "hello", "--no-local")
				} else {
					args = append(args, "--yes", "7-galveston-goldfish")
				}
				judge(t, args, exitNetwork, c.says)
			})
		}
	}
}

// A server with a certificate of its operator's own authority is met, and sees nothing
// wrong, where the client is given that.
func TestServerCA(t *testing.T) {
	now := time.Now()
	own := certificate(t, now.Add(-time.Hour), now.Add(90*24*time.Hour), "127.0.0.1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(&relay.Config{TLS: &tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"http/1.1"}}})
	go s.Serve(l)
	defer s.Shutdown(t.Context())
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	if err := errors.Join(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]}), 0o600), os.WriteFile(empty, []byte("hello"), 0o600)); err != nil {
		t.Fatal(err)
	}
	at := "wss://" + l.Addr().String() + "/v1"
	judge(t, []string{"doctor", "--server", at}, exitNetwork, "--server-ca")
	judge(t, []string{"doctor", at, "--server-ca", file}, exitOK, "ok +TLS")
	judge(t, []string{"doctor", "--server", at, "--server-ca", file}, exitOK, "ok +relay +wss://")
	judge(t, []string{"receive", "--server", at, "--server-ca", filepath.Join(dir, "none"), "7-crossover-clockwork"}, exitUsage, "there is no file .*none.*\n +give --server-ca")
	judge(t, []string{"receive", "--server", at, "--server-ca", empty, "7-crossover-clockwork"}, exitUsage, "no certificate in it")

	const code = "7-crossover-clockwork"
	sent := make(chan int, 1)
	var said, got bytes.Buffer
	go func() {
		env := func(name string) (string, bool) { return file, name == "SESAME_SERVER_CA" }
		sent <- run(t.Context(), []string{"send", "--server", at, "--relay-only", "--code", code, "--text", "through TLS"}, quiet(&said), env)
	}()
	if exit := run(t.Context(), []string{"receive", "--server", at, "--relay-only", "--yes", "--server-ca", file, code}, newTerminal(os.Stdin, &got, &screen{w: &got}), noEnvironment); exit != exitOK || !strings.Contains(got.String(), "through TLS") {
		t.Errorf("exit code %d:\n%s", exit, &got)
	}
	if exit := <-sent; exit != exitOK {
		t.Errorf("exit code %d of the sender:\n%s", exit, &said)
	}
}

// Fails if a network that answers everything itself, as before a log-in, isn't
// told from a server, or if nobody is told what to do.
func TestCaptivePortal(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"page": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<!DOCTYPE html><html>please log in\x1b[2J"+strings.Repeat("x", 1<<20))
		}, `this is a web page, not a server for sesame\n +this network may want a log-in first`},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://login.example/?from="+r.Host, http.StatusFound)
		}, `the server redirects to another one, login.example\n +this network may want a log-in first`},
		"redirect with escapes": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://a%1b[2Jb/")
			w.WriteHeader(http.StatusFound)
		}, `can't reach the server`},
		"network authentication required": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(511) }, `HTTP status 511\n +this network may want`},
		"endless header": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n"))
			for line := []byte("X: " + strings.Repeat("x", 4000) + "\r\n"); err == nil; {
				_, err = conn.Write(line)
			}
		}, `can't reach the server`},
		"no HTTP": {func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				conn.Write([]byte("220 mail.example ESMTP\r\n"))
				conn.Close()
			}
		}, `can't reach the server`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge(t, []string{"receive", "--server", webServer(t, c.handler), "7-galveston-goldfish"}, exitNetwork, c.says)
		})
	}
}
