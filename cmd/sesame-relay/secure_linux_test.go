package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/pebble"
)

const name = "relay.example.org"

// shown returns the certificate that a server shows to those who ask for a name.
func shown(t *testing.T, addr, name string, roots *x509.CertPool) (*x509.Certificate, error) {
	t.Helper()
	d := &net.Dialer{Timeout: patience}
	c, err := tls.DialWithDialer(d, "tcp", addr, &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0], nil
}

// A server gets a certificate for its name by itself, renews it, has it again after a
// restart without the authority, and shows none for other names.
func TestCertificateOfAnAuthority(t *testing.T) {
	t.Parallel()
	at := pebble.Free(t)
	_, digits, _ := net.SplitHostPort(at)
	port, _ := strconv.Atoi(digits)
	ca := pebble.Start(t, port, 24*time.Second)
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"--listen", at, "--no-stun", "--domain", name, "--acme", ca.URL, "--acme-ca", ca.File, "--state", state}
	p := start(t, args...)
	if want := "export SESAME_SERVER=wss://" + name + ":" + digits + "/v1\n"; p.line != want {
		t.Errorf("the line is %q, want %q", p.line, want)
	}
	roots := ca.Roots(t)
	first, err := shown(t, at, name, roots)
	if err != nil {
		_, log, _ := p.stop(syscall.SIGTERM)
		t.Fatalf("after the line there is no certificate: %v\n%s", err, log)
	}
	for _, other := range []string{"other.example.org", "localhost", ""} {
		c, err := tls.Dial("tcp", at, &tls.Config{ServerName: other, InsecureSkipVerify: true})
		if err == nil {
			c.Close()
			t.Errorf("for %q it shows a certificate", other)
		}
	}
	for begin := time.Now(); ; time.Sleep(200 * time.Millisecond) { // until time has passed for another process
		now, err := shown(t, at, name, roots)
		if err != nil {
			t.Fatal(err)
		}
		if now.SerialNumber.Cmp(first.SerialNumber) != 0 {
			t.Logf("renewed after %v", time.Since(begin).Round(time.Second))
			break
		}
		if time.Since(begin) > patience {
			t.Fatal("it isn't renewed")
		}
	}
	if rest, _, code := p.stop(syscall.SIGTERM); code != 0 || !strings.Contains(rest, "firewall: TCP "+digits) {
		t.Errorf("exit code %d, below the line: %q", code, rest)
	}
	info, err := os.Stat(filepath.Join(state, "cert"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of certificates: %v, %v", info, err)
	}
	ca.Kill()
	p = start(t, args...)
	if _, err := shown(t, at, name, roots); err != nil {
		t.Errorf("after a restart without the authority: %v", err)
	}
	p.stop(syscall.SIGTERM)
}

// Where no certificate can be had, the log says why and what was looked at, and what
// needs none is served.
func TestNoCertificate(t *testing.T) {
	t.Parallel()
	at := pebble.Free(t)
	p := start(t, "--listen", at, "--no-stun", "--domain", name, "--acme", "http://127.0.0.1:1/dir", "--state", t.TempDir())
	a, b := pipe(t, at)
	a.Close()
	b.Close()
	if _, err := shown(t, at, name, nil); err == nil {
		t.Error("there is a certificate")
	}
	if _, log, code := p.stop(syscall.SIGTERM); code != 0 || !strings.Contains(log, "no certificate") || !strings.Contains(log, name) || !strings.Contains(log, "asks again in") {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}

func TestCertificatesCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"can't be kept in":              {"--domain", name, "--state", file},
		"isn't a host name":             {"--domain", "localhost", "--state", t.TempDir()},
		"no certificate":                {"--cert", file, "--key", file},
		"there is no certificate in it": {"--domain", name, "--state", t.TempDir(), "--acme-ca", file},
	} {
		var stdout, stderr strings.Builder
		code := run(append(args, "--listen", "127.0.0.1:0"), &stdout, &stderr)
		if text := stderr.String(); code != exitListen || stdout.Len() > 0 || strings.Count(text, "\n") != 1 || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, &stdout, text)
		}
	}
}

// A certificate in files is served, and another one that is put there, too.
func TestCertificateInFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pebble.Certify(t, cert, key)
	p := start(t, "--listen", "127.0.0.1:0", "--no-stun", "--cert", cert, "--key", key)
	at, ok := strings.CutPrefix(strings.TrimSuffix(p.line, "/v1\n"), "export SESAME_SERVER=wss://")
	if !ok {
		t.Fatalf("the line is %q", p.line)
	}
	first, err := shown(t, at, "127.0.0.1", pool(t, cert))
	if err != nil {
		t.Fatal(err)
	}
	pebble.Certify(t, cert, key)
	roots := pool(t, cert)
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) { // until another process has looked
		now, err := shown(t, at, "127.0.0.1", roots)
		if err == nil && !now.Equal(first) {
			break
		}
		if time.Since(begin) > patience {
			t.Fatalf("the new one isn't taken: %v", errors.Join(err))
		}
	}
	p.stop(syscall.SIGTERM)
}

func pool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	roots, err := roots(file)
	if err != nil {
		t.Fatal(err)
	}
	return roots
}
