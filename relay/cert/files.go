package cert

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files are a certificate with its chain, and its key, in two files (PEM). When others
// lie there, they are taken over within seconds; if these don't fit each other, because
// only one was replaced so far or something went wrong, those from before stay in use.
type Files struct {
	cert, key string
	log       *slog.Logger
	config    *tls.Config

	mu   sync.Mutex
	held held
}

// held is what was read of the files.
type held struct {
	pair   *tls.Certificate
	texts  texts // read last, whether they were of use or not
	looked time.Time
}

// texts are what is in the two files, nothing in one that can't be read.
type texts struct{ cert, key string }

// checkEvery is how often handshakes look whether the files are still the same.
const checkEvery = 5 * time.Second

// FromFiles reads a certificate and its key.
func FromFiles(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	f.config = config(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.current(time.Now()), nil })
	return f, f.Reload()
}

// Config implements Keeper. Whatever name a client asks for, it gets the one certificate.
func (f *Files) Config() *tls.Config { return f.config }

// Settled implements Keeper: files are there from the beginning.
func (f *Files) Settled() <-chan struct{} {
	settled := make(chan struct{})
	close(settled)
	return settled
}

// Term implements Keeper.
func (f *Files) Term() (Term, bool) {
	leaf := f.current(time.Now()).Leaf
	return Term{leaf.NotBefore, leaf.NotAfter}, true
}

// Keep implements Keeper: it looks whether the end is near.
func (f *Files) Keep(ctx context.Context) {
	r := reminder{log: f.log}
	every(ctx, lookEvery, func() {
		t, held := f.Term()
		r.look(t, held, time.Now())
	})
}

// Reload takes over what lies there now, at once.
func (f *Files) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held.looked = time.Now()
	return f.take(f.read())
}

// current returns the certificate in use.
func (f *Files) current(now time.Time) *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.held.looked) < checkEvery {
		return f.held.pair
	}
	f.held.looked = now
	there, err := f.read()
	if there == f.held.texts {
		return f.held.pair
	}
	if err := f.take(there, err); err != nil {
		f.log.Warn("the new certificate is of no use, so the old one stays", "error", err)
	} else {
		f.log.Info("the certificate was replaced", "ends", f.held.pair.Leaf.NotAfter)
	}
	return f.held.pair
}

// take uses what was read, if it is of use.
func (f *Files) take(there texts, err error) error {
	f.held.texts = there
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair([]byte(there.cert), []byte(there.key))
	if err != nil {
		return fmt.Errorf("the certificate in %s with the key in %s: %w", f.cert, f.key, err)
	}
	f.held.pair = &pair
	return nil
}

func (f *Files) read() (texts, error) {
	cert, bad := os.ReadFile(f.cert)
	key, err := os.ReadFile(f.key)
	return texts{string(cert), string(key)}, cmp.Or(bad, err)
}
