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
		files, err := cert.FromFiles(s.Cert, s.Key, log)
		if err != nil {
			return nil, fmt.Errorf("no certificate: %w", err)
		}
		return files, nil
	case len(s.Domains) == 0:
		return nil, nil
	}
	// A certificate that is asked for anew at every start is soon refused: authorities
	// give a name five a week.
	at := filepath.Join(s.State, "cert")
	cache, err := cert.Dir(at)
	if err != nil {
		return nil, fmt.Errorf("certificates can't be kept in %s: %w (name a folder that this user may write with --state)", at, plain(err))
	}
	authority := cert.Authority{Names: s.Domains, Cache: cache, Directory: s.ACME, Logger: log}
	if to, err := mail.ParseAddress(s.Contact); err == nil {
		authority.Contact = to.Address // the authority writes there when something is wrong
	}
	if s.ACMECA != "" {
		if authority.Roots, err = roots(s.ACMECA); err != nil {
			return nil, err
		}
	}
	managed, err := cert.FromAuthority(authority)
	if err != nil {
		return nil, fmt.Errorf("--domain %w", err)
	}
	return managed, nil
}

// roots reads the certificates of authorities.
func roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--acme-ca %s: %w", file, plain(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--acme-ca %s: there is no certificate in it", file)
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

// keep has certificates got and renewed until ctx ends, and returns when it is known
// whether they are there, or after firstTry.
func keep(ctx context.Context, k cert.Keeper) {
	go k.Keep(ctx)
	select {
	case <-k.Settled():
	case <-time.After(firstTry):
	case <-ctx.Done():
	}
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
