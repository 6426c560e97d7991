// Package cert has the certificates that a relay shows those who come over TLS: from
// an authority that gives them by itself (ACME, RFC 8555), or from files that somebody
// else renews.
//
// An authority is asked for the names that the operator has listed, when the server
// starts and when a certificate nears its end, and never because of what a client
// says. It proves by TLS-ALPN-01 (RFC 8737) that the names are this server's: on the
// port that is served anyway, so nothing listens on port 80.
package cert

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"golang.org/x/crypto/acme"
)

// A Keeper has certificates, and renews them or notices that they were renewed. Its
// methods may be called concurrently.
type Keeper interface {
	// Config returns how a server shows them. It is the same each time; the caller
	// doesn't change it.
	Config() *tls.Config
	// Term returns for how long the certificate holds that ends first, and false
	// while one is missing.
	Term() (Term, bool)
	// Settled is closed when it is known, for the first time, whether they are there.
	Settled() <-chan struct{}
	// Keep does what there is to do from time to time, until ctx ends.
	Keep(ctx context.Context)
}

// ChallengeProtocol is what a connection has agreed on that an authority has made to
// see whether a name is this server's. It carries nothing else (RFC 8737 §3).
const ChallengeProtocol = acme.ALPNProto

// A Term is when a certificate holds.
type Term struct{ From, To time.Time }

// Late reports whether so little of it is left that who renews it must have failed:
// less than 7 days, or than a sixth of what is shorter than 42.
func (t Term) Late(now time.Time) bool {
	return t.To.Sub(now) < min(7*24*time.Hour, t.To.Sub(t.From)/6)
}

// config returns a server's, which gets certificates from get.
func config(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: get,
		NextProtos:     []string{"http/1.1", ChallengeProtocol}, // WebSockets begin with HTTP/1.1
	}
}

// lookEvery is how often the end of a certificate is looked at.
const lookEvery = time.Hour

// remindEvery is how often the log says that it is near.
const remindEvery = 24 * time.Hour

// A reminder says now and then that the end of a certificate is near. It is for one
// goroutine.
type reminder struct {
	log  *slog.Logger
	last time.Time
}

func (r *reminder) look(t Term, held bool, now time.Time) {
	if !held || !t.Late(now) || !r.last.IsZero() && now.Sub(r.last) < remindEvery {
		return
	}
	r.last = now
	if now.After(t.To) {
		r.log.Error("the certificate has ended: nobody can connect over TLS", "ended", t.To)
		return
	}
	r.log.Warn("the certificate ends soon and wasn't renewed", "ends", t.To)
}

// every calls do at once and each time that pause has passed, until ctx ends.
func every(ctx context.Context, pause time.Duration, do func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
