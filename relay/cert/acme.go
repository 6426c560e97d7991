package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"
)

// An Authority is who gives certificates, and for what.
type Authority struct {
	// Names are the host names that the certificates are for: one each, at least one.
	Names []string
	// Cache keeps the keys and certificates. Several servers may share one: whichever
	// of them the authority looks at can answer. Dir makes one of a directory.
	Cache autocert.Cache
	// Directory is the URL of the authority's directory. Default: Let's Encrypt.
	Directory string
	// Roots are who may have signed the certificate of that URL's server. Default: the
	// system's.
	Roots *x509.CertPool
	// Contact is an address of mail that the authority writes to when something is
	// wrong. Default: none.
	Contact string
	// Logger is told what comes about, and what doesn't. It must not be nil.
	Logger *slog.Logger
}

// Managed are certificates that an authority gives and renews.
type Managed struct {
	names   []string
	manager *autocert.Manager
	config  *tls.Config
	log     *slog.Logger
	have    sync.Map // names whose certificate is there: handshakes only get that
	settled chan struct{}
}

// ErrName is of a name that no certificate on the internet can be for.
var ErrName = errors.New("isn't a host name with a dot, as in relay.example.org")

// errNone is what a client gets that comes too early, or asks for something else.
var errNone = errors.New("cert: there is no certificate of that name")

// FromAuthority prepares to ask for certificates. Nothing is asked before Obtain or Keep.
func FromAuthority(a Authority) (*Managed, error) {
	m := &Managed{log: a.Logger, settled: make(chan struct{})}
	for _, name := range a.Names {
		ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
		if err != nil || !strings.Contains(ascii, ".") || net.ParseIP(ascii) != nil {
			return nil, fmt.Errorf("%q %w", name, ErrName)
		}
		m.names = append(m.names, ascii)
	}
	client := &acme.Client{DirectoryURL: a.Directory, UserAgent: "sesame-relay", RetryBackoff: again}
	if a.Roots != nil {
		client.HTTPClient = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: a.Roots}, ForceAttemptHTTP2: true}}
	}
	m.manager = &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      a.Cache,
		HostPolicy: autocert.HostWhitelist(m.names...),
		Client:     client,
		Email:      a.Contact,
	}
	m.config = config(m.get)
	return m, nil
}

// again returns how long to wait after an authority failed n times in a row, or was too
// busy; below 0 is for ever: then it is said, and Keep asks again later.
func again(n int, _ *http.Request, _ *http.Response) time.Duration {
	if n > 4 {
		return -1
	}
	return time.Second << (n - 1)
}

// Dir returns a cache in a directory of this user's alone, which it makes.
func Dir(path string) (autocert.Cache, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	probe, err := os.CreateTemp(path, ".probe-*")
	if err != nil {
		return nil, err
	}
	return autocert.DirCache(path), errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Config implements Keeper. A client that asks for another name, or for none, gets no
// certificate.
func (m *Managed) Config() *tls.Config { return m.config }

// Term implements Keeper.
func (m *Managed) Term() (first Term, held bool) {
	for _, name := range m.names {
		if _, have := m.have.Load(name); !have {
			return Term{}, false
		}
		c, err := m.manager.GetCertificate(hello(name))
		if err != nil || c.Leaf == nil {
			return Term{}, false
		}
		if t := (Term{c.Leaf.NotBefore, c.Leaf.NotAfter}); first.To.IsZero() || t.To.Before(first.To) {
			first = t
		}
	}
	return first, true
}

// Obtain asks for what isn't there yet, and returns when it is known of each name whether
// it is. An error has a *NotGivenError for each that isn't; the others are served. It may
// take some seconds a name, while the authority looks at this server.
func (m *Managed) Obtain(ctx context.Context) error {
	var all []error
	for _, name := range m.names {
		if _, have := m.have.Load(name); have {
			continue
		}
		got := make(chan error, 1)
		go func() { // it has its own patience: 5 minutes
			_, err := m.manager.GetCertificate(hello(name))
			got <- err
		}()
		select {
		case err := <-got:
			if err != nil {
				all = append(all, notGiven(ctx, name, err))
				continue
			}
			m.have.Store(name, true)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.Join(all...)
}

// pauses are how long after a failure to ask again. Authorities count failures: the
// best known one bears five an hour for a name. Package autocert remembers one for a
// minute.
var pauses = []time.Duration{70 * time.Second, 5 * time.Minute, 15 * time.Minute, 20 * time.Minute}

// Settled implements Keeper. Somebody must have called Keep.
func (m *Managed) Settled() <-chan struct{} { return m.settled }

// Keep implements Keeper, once: it asks until all are there. They are renewed by themselves
// when two thirds of their time are over, or 30 days before their end.
func (m *Managed) Keep(ctx context.Context) {
	for tries := 0; ; tries++ {
		err := m.Obtain(ctx)
		if tries == 0 {
			close(m.settled)
		}
		if err == nil {
			break
		}
		pause := pauses[min(tries, len(pauses)-1)]
		m.log.Error("no certificate, so nobody can connect over TLS by that name", "error", err, "asks again in", pause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
	r := reminder{log: m.log}
	said := false
	every(ctx, lookEvery, func() {
		t, held := m.Term()
		if !said {
			m.log.Info("the certificate is there", "names", m.names, "ends", t.To)
			said = true
		}
		r.look(t, held, time.Now())
	})
}

// get is what a handshake asks. Only what is there already is given, so no client can
// have this server ask the authority for anything.
func (m *Managed) get(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(h.ServerName, "."))
	if err != nil || !slices.Contains(m.names, name) {
		return nil, errNone
	}
	if slices.Equal(h.SupportedProtos, []string{ChallengeProtocol}) {
		return m.manager.GetCertificate(h)
	}
	if _, have := m.have.Load(name); !have {
		return nil, errNone
	}
	return m.manager.GetCertificate(hello(name))
}

// hello is as a client of today asks for a name: for one that asks like clients of
// twenty years ago the authority would be asked for a second certificate.
func hello(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
}

// A NotGivenError says that an authority gave no certificate.
type NotGivenError struct {
	Name string   // that it is for
	At   []string // addresses that the name leads to, as this machine sees it
	Err  error    // what the authority said, or why it wasn't reached
}

func (e *NotGivenError) Error() string {
	where := "which leads nowhere (it needs an A or AAAA record)"
	if len(e.At) > 0 {
		where = "which leads to " + strings.Join(e.At, ", ")
	}
	return fmt.Sprintf("for %s, %s: %v", e.Name, where, e.Err)
}

func (e *NotGivenError) Unwrap() error { return e.Err }

// notGiven finds out where a name leads: the usual reason is that it isn't here.
func notGiven(ctx context.Context, name string, err error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	at, _ := net.DefaultResolver.LookupHost(ctx, name)
	return &NotGivenError{Name: name, At: at, Err: err}
}
