package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/addr"
	"sesame/relay/cert"
)

// keeper returns who has the certificates, nil if there are to be none.
func keeper(s *settings.Settings, log *slog.Logger) (cert.Keeper, error) {
	switch {
	case s.Cert != "":
		return files(s, log)
	case len(s.Domains) == 0:
		return nil, nil
	}
	a, err := authority(s, log)
	if err != nil {
		return nil, err
	}
	// A certificate that is asked for anew at every start is soon refused: authorities
	// give a name five a week.
	at := filepath.Join(s.State, "cert")
	if a.Cache, err = cert.Dir(at); err != nil {
		return nil, fmt.Errorf("certificates can't be kept in %s: %w (name a folder that this user may write with --state)", at, plain(err))
	}
	return managed(a)
}

// certifiable reports what is wrong with what is said about certificates, as far as that can be seen
// without asking an authority or writing anything.
func certifiable(s *settings.Settings) error {
	log := slog.New(slog.DiscardHandler)
	switch {
	case s.Cert != "":
		_, err := files(s, log)
		return err
	case len(s.Domains) == 0:
		return nil
	}
	a, err := authority(s, log)
	if err == nil {
		_, err = managed(a)
	}
	return err
}

// files returns the keeper of a certificate that others renew.
func files(s *settings.Settings, log *slog.Logger) (cert.Keeper, error) {
	k, err := cert.FromFiles(s.Cert, s.Key, log)
	var path *os.PathError
	switch {
	case err == nil:
		return k, nil
	case errors.As(err, &path) && path.Path == s.Key:
		return nil, fmt.Errorf("no certificate: %w", unreadable("key", s.Key, err))
	case errors.As(err, &path):
		return nil, fmt.Errorf("no certificate: %w", unreadable("cert", s.Cert, err))
	}
	return nil, fmt.Errorf("no certificate: %w (cert names a file with this server's certificate and its chain, key one with its key, both PEM)", err)
}

// authority returns who is to be asked for certificates, and for which names.
func authority(s *settings.Settings, log *slog.Logger) (a cert.Authority, err error) {
	a = cert.Authority{Names: s.Domains, Directory: s.ACME, Logger: log}
	if to, err := mail.ParseAddress(s.Contact); err == nil {
		a.Contact = to.Address // the authority writes there when something is wrong
	}
	if s.ACMECA != "" {
		a.Roots, err = roots(s.ACMECA)
	}
	return a, err
}

func managed(a cert.Authority) (cert.Keeper, error) {
	k, err := cert.FromAuthority(a)
	if err != nil {
		return nil, fmt.Errorf("--domain %w", err)
	}
	return k, nil
}

// roots reads the certificates of authorities.
func roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, unreadable("acme-ca", file, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("acme-ca %s: there is no certificate in it (it takes PEM)", file)
	}
	return pool, nil
}

// plain is an error without the name of the file, which stands before it.
func plain(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// firstTry is for how long the line for users waits for a certificate.
const firstTry = 20 * time.Second

// keep has certificates got and renewed until ctx ends. Known is closed when it is known
// whether they are there, or after firstTry. A nil k is none.
func keep(ctx context.Context, k cert.Keeper) (known <-chan struct{}) {
	done := make(chan struct{})
	if k == nil {
		close(done)
		return done
	}
	go k.Keep(ctx)
	go func() {
		defer close(done)
		select {
		case <-k.Settled():
		case <-time.After(firstTry):
		case <-ctx.Done():
		}
	}()
	return done
}

// address returns the URL of the mailbox server, for clients.
func address(s *settings.Settings, at net.Addr) string {
	scheme, host := "ws", reachable(at)
	if len(s.Domains) > 0 || s.Cert != "" {
		scheme = "wss"
	}
	if len(s.Domains) > 0 {
		host = s.Domains[0]
		if _, port, err := addr.Split(at.String()); err == nil && port != 443 {
			host = addr.Join(host, int(port))
		}
	}
	return scheme + "://" + host + "/v1"
}

// openings says what a firewall has to let in: the ports of TCP, and those of UDP.
func openings(tcp []net.Addr, udp []int) string {
	list := func(ports []string) string {
		if n := len(ports); n > 1 {
			return strings.Join(ports[:n-1], ", ") + " and " + ports[n-1]
		}
		return strings.Join(ports, "")
	}
	var open, stun []string
	for _, a := range tcp {
		if _, port, err := addr.Split(a.String()); err == nil {
			open = append(open, fmt.Sprint(port))
		}
	}
	for _, port := range udp {
		stun = append(stun, fmt.Sprint(port))
	}
	text := "# let in through the firewall: TCP " + list(open)
	if len(stun) > 0 {
		text += "; UDP " + list(stun)
	}
	return text
}
