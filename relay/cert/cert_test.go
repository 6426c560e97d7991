package cert

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// write makes a certificate that ends at a time, and puts it with its key into dir.
func write(t *testing.T, dir string, serial int64, ends time.Time) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"relay.example.org"}, NotBefore: ends.Add(-90 * 24 * time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	put(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	put(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}))
	return cert, key
}

// put replaces a file, as whoever renews certificates does.
func put(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func serial(f *Files, now time.Time) int64 { return f.current(now).Leaf.SerialNumber.Int64() }

func TestFilesAreReplaced(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ends := now.Add(60 * 24 * time.Hour).Truncate(time.Second)
	cert, key := write(t, dir, 1, ends)
	var log strings.Builder
	f, err := FromFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if term, held := f.Term(); !held || !term.To.Equal(ends) {
		t.Errorf("it ends at %v, want %v", term.To, ends)
	}
	other := t.TempDir()
	write(t, other, 2, ends)
	half, err := os.ReadFile(filepath.Join(other, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, cert, half) // the key is still that of the first
	if got := serial(f, now.Add(time.Second)); got != 1 {
		t.Errorf("number %d so soon, want 1: files aren't looked at all the time", got)
	}
	if got := serial(f, now.Add(time.Minute)); got != 1 || !strings.Contains(log.String(), "no use") {
		t.Errorf("number %d while the files don't fit, want 1; log: %s", got, &log)
	}
	if err := f.Reload(); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("Reload of what doesn't fit: %v", err)
	}
	write(t, dir, 3, ends)
	if got := serial(f, now.Add(2*time.Minute)); got != 3 {
		t.Errorf("number %d, want 3", got)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := serial(f, now.Add(3*time.Minute)); got != 3 {
		t.Errorf("number %d without a key, want 3", got)
	}
	if _, err := FromFiles(cert, key, slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a key: %v", err)
	}
}

func TestLate(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, c := range []struct {
		life, left time.Duration
		want       bool
	}{
		{90 * day, 30 * day, false}, {90 * day, 7*day + 1, false}, {90 * day, 7*day - 1, true}, {90 * day, -day, true},
		{6 * day, 2 * day, false}, {6 * day, 23 * time.Hour, true},
		{45 * time.Second, 15 * time.Second, false}, {45 * time.Second, 7 * time.Second, true},
	} {
		term := Term{now.Add(c.left - c.life), now.Add(c.left)}
		if got := term.Late(now); got != c.want {
			t.Errorf("%v of %v left: %v", c.left, c.life, got)
		}
	}
}

func TestReminder(t *testing.T) {
	var log strings.Builder
	r := reminder{log: slog.New(slog.NewTextHandler(&log, nil))}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	term := Term{now.Add(-84 * 24 * time.Hour), now.Add(6 * 24 * time.Hour)}
	for h := range 7 * 24 {
		r.look(term, true, now.Add(time.Duration(h)*time.Hour))
	}
	if warn, bad := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=ERROR"); warn != 7 || bad != 0 {
		t.Errorf("said %d and %d times, want once a day for 7 days:\n%s", warn, bad, &log)
	}
	log.Reset()
	if r.look(Term{}, false, now.Add(1000*time.Hour)); log.Len() > 0 {
		t.Errorf("said of none: %s", &log)
	}
}

// A client can't make the server ask the authority for anything, whatever it says.
func TestClientsOrderNothing(t *testing.T) {
	var asked atomic.Int32
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer authority.Close()
	cache, err := Dir(filepath.Join(t.TempDir(), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := FromAuthority(Authority{Names: []string{"relay.example.org"}, Cache: cache, Directory: authority.URL, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "relay.example.org", "RELAY.example.org.", "other.example.org", "../../../etc/passwd", "x", "127.0.0.1", strings.Repeat("a.", 200)} {
		for _, protos := range [][]string{nil, {"http/1.1"}, {ChallengeProtocol}} {
			h := &tls.ClientHelloInfo{ServerName: name, SupportedProtos: protos}
			if c, err := m.Config().GetCertificate(h); err == nil {
				t.Errorf("%q: a certificate %v", name, c)
			}
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the authority was asked %d times", n)
	}
	if _, held := m.Term(); held {
		t.Error("holds a certificate")
	}
	err = m.Obtain(context.Background())
	if notGiven := (*NotGivenError)(nil); !errors.As(err, &notGiven) || notGiven.Name != "relay.example.org" {
		t.Errorf("Obtain: %v", err)
	}
	if asked.Load() == 0 {
		t.Error("Obtain doesn't ask")
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{"relay.example.org": true, "Bücher.example": true, "relay.example.org.": true,
		"localhost": false, "": false, "192.0.2.7": false, "::1": false, "a b.example": false, "https://relay.example.org": false} {
		_, err := FromAuthority(Authority{Names: []string{name}, Cache: autocert.DirCache(t.TempDir()), Logger: slog.New(slog.DiscardHandler)})
		if (err == nil) != good || err != nil && !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestDir(t *testing.T) {
	at := filepath.Join(t.TempDir(), "cert")
	if _, err := Dir(at); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(at)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if rest, _ := os.ReadDir(at); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
	if _, err := Dir(filepath.Join(at, "x\x00")); err == nil {
		t.Error("a name that no directory can have")
	}
}
