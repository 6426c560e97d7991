//go:build !js

package way

import "crypto/x509"

// CertPool is the standard library's: who may have signed certificates.
type CertPool = x509.CertPool
