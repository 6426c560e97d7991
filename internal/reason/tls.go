//go:build !js

package reason

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

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
