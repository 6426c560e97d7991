//go:build !js

package reason

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"sesame/internal/safetext"
)

// ofTLS is Find for what TLS has to say.
func ofTLS(err error) (c Cause, ok bool) {
	var (
		invalid x509.CertificateInvalidError
		plain   tls.RecordHeaderError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
	)
	switch {
	case errors.As(err, &invalid):
		if in := invalid.Cert; invalid.Reason == x509.Expired && in != nil {
			return Cause{Kind: Expired, From: in.NotBefore.UTC(), Until: in.NotAfter.UTC(), Now: time.Now().UTC()}, true
		}
		return Cause{Kind: Invalid, Text: safetext.Line(invalid.Error(), maxText)}, true
	case errors.As(err, &name):
		return Cause{Kind: OtherName, Names: namesIn(name.Certificate), Host: safetext.Line(name.Host, maxName)}, true
	case errors.As(err, &unknown):
		return Cause{Kind: Unsigned}, true
	case errors.As(err, &roots):
		return Cause{Kind: NoRoots}, true
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return Cause{Kind: NotTLS}, true
	}
	return c, false
}

// maxName bounds what is shown of each name, in bytes, and maxNames how many are kept.
const (
	maxName  = 60
	maxNames = 4
)

// namesIn returns the first names that a certificate is for.
func namesIn(c *x509.Certificate) (all []string) {
	if c == nil {
		return nil
	}
	for _, n := range c.DNSNames[:min(len(c.DNSNames), maxNames)] {
		all = append(all, safetext.Line(n, maxName))
	}
	for _, ip := range c.IPAddresses[:min(len(c.IPAddresses), maxNames-len(all))] {
		all = append(all, ip.String())
	}
	return all
}
