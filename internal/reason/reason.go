// Package reason says in words why a connection didn't come about.
package reason

import (
	"errors"
	"net"
	"os"

	"sesame/internal/neterr"
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
	meaning := neterr.Of(err)
	if text := ofTLS(err); text != "" {
		return safetext.Line(text, maxText)
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no such name"
	case errors.As(err, &dns) && meaning != neterr.TimedOut:
		return "its name can't be looked up: " + safetext.Line(dns.Err, maxText)
	case meaning != neterr.Unknown:
		return meaning.String()
	case errors.As(err, &call):
		return safetext.Line(call.Err.Error(), maxText)
	case errors.As(err, &op) && op.Err != nil:
		return safetext.Line(op.Err.Error(), maxText)
	}
	return safetext.Line(err.Error(), maxText)
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
