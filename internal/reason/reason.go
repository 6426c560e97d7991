// Package reason says in words why a connection didn't come about.
package reason

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"sesame/internal/safetext"
)

// maxText bounds what is shown of an error that says more than it should, in
// bytes.
const maxText = 200

// Of returns a few words, safe to show, without what every connection goes
// through: "connection refused", "there is no such name", "its certificate is
// for www.example.org, not for relay.example.org". Dates are those of UTC.
func Of(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var call *os.SyscallError
	if text := ofTLS(err); text != "" {
		return safetext.Line(text, maxText)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no such name"
	case errors.As(err, &dns):
		return "its name can't be looked up: " + safetext.Line(dns.Err, maxText)
	case errors.As(err, &call):
		return safetext.Line(call.Err.Error(), maxText)
	case errors.As(err, &op) && op.Err != nil:
		return safetext.Line(op.Err.Error(), maxText)
	}
	return safetext.Line(err.Error(), maxText)
}

// ofTLS is Of for what TLS has to say, else "".
func ofTLS(err error) string {
	var (
		invalid x509.CertificateInvalidError
		plain   tls.RecordHeaderError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
	)
	switch {
	case errors.As(err, &invalid):
		if c := invalid.Cert; invalid.Reason == x509.Expired && c != nil {
			return fmt.Sprintf("its certificate is valid from %s to %s, and this computer's clock says %s",
				day(c.NotBefore), day(c.NotAfter), day(time.Now()))
		}
		return "its certificate is invalid: " + invalid.Error()
	case errors.As(err, &name):
		return "its certificate is for " + names(name.Certificate) + ", not for " + name.Host
	case errors.As(err, &unknown):
		return "nobody whom this computer trusts has signed its certificate"
	case errors.As(err, &roots):
		return "this computer has no list of authorities whose certificates it trusts"
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// names lists the first names that a certificate is for.
func names(c *x509.Certificate) string {
	var all []string
	if c != nil {
		all = append(all, c.DNSNames...)
		for _, ip := range c.IPAddresses {
			all = append(all, ip.String())
		}
	}
	switch {
	case len(all) == 0:
		return "no name at all"
	case len(all) > 3:
		return strings.Join(all[:3], ", ") + " and others"
	}
	return strings.Join(all, ", ")
}

// A Remedy is what sort of thing a person can do about an error.
type Remedy byte

// The remedies.
const (
	Unknown   Remedy = iota
	Expired          // look at the clock: a certificate isn't valid now
	Untrusted        // look for who is in between: a certificate is somebody else's
	NoRoots          // tell this computer whom to trust
	NotTLS           // what was reached doesn't speak TLS
)

// Why returns the remedy for an error, Unknown if there is none that Of knows.
func Why(err error) Remedy {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
		plain   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Expired
	case errors.As(err, &unknown), errors.As(err, &name):
		return Untrusted
	case errors.As(err, &roots):
		return NoRoots
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return NotTLS
	}
	return Unknown
}

// Hint says what a person can do about an error, "" if Why knows nothing.
func Hint(err error) string {
	switch Why(err) {
	case Expired:
		return "set this computer's clock if it is wrong; otherwise who runs the server has to renew the certificate"
	case Untrusted:
		return "somebody may be in between: a network that wants a log-in first, or a filter; try another network, or check the server's name"
	case NoRoots:
		return "install the package ca-certificates"
	case NotTLS:
		return "its URL may begin with ws:// instead of wss://"
	}
	return ""
}
