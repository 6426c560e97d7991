package main

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"os"

	"sesame/internal/safetext"
)

// authorities returns those whose certificates are accepted: the system's, and those in
// a file (PEM).
func authorities(file string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // where the system has none, the file's are all there are
	}
	text, err := os.ReadFile(file)
	shown := safetext.Quote(file, 200)
	wrong := &usageError{hint: "give --server-ca the file with the certificate of the authority, as the server's operator hands it out"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		wrong.text = "there is no file " + shown
	case errors.Is(err, fs.ErrPermission):
		wrong.text = shown + " is not for this user to read"
	case err != nil:
		wrong.text = "can't read the file " + shown
	case !roots.AppendCertsFromPEM(text):
		wrong.text = shown + " has no certificate in it, which begins with -----BEGIN CERTIFICATE-----"
	default:
		return roots, nil
	}
	return nil, wrong
}
