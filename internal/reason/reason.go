// Package reason says why a connection didn't come about: as a value, and in words for
// logs and for the texts of errors.
package reason

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"sesame/internal/neterr"
	"sesame/internal/safetext"
)

// maxText bounds what is shown of an error that says more than it should, in
// bytes.
const maxText = 200

// A Kind is what sort of thing a connection failed by.
type Kind byte

// The kinds. Those from Expired on are TLS's.
const (
	Other    Kind = iota // Text says what, as the system or a library has it
	Socket               // Meaning says what
	NoName               // there is no such name
	NoLookup             // a name can't be looked up; Text says why
	Ended                // the other end closed the connection

	Expired   // the certificate isn't valid Now, but From … Until
	OtherName // the certificate is for Names, not for Host
	Unsigned  // nobody whom this computer trusts has signed the certificate
	NoRoots   // this computer has no list of whom to trust
	Invalid   // the certificate is; Text says how
	NotTLS    // what was reached doesn't speak TLS
)

// A Cause says why a connection didn't come about. Its texts are safe to show.
type Cause struct {
	Kind    Kind
	Meaning neterr.Meaning
	Text    string

	From, Until, Now time.Time // in UTC
	Names            []string  // four at most
	Host             string
}

// TLS reports whether TLS failed, by something that a person can do something about.
func (c Cause) TLS() bool { return c.Kind >= Expired && c.Kind != Invalid }

// Find returns the cause of an error, without what every connection goes through.
func Find(err error) Cause {
	var dns *net.DNSError
	var op *net.OpError
	var call *os.SyscallError
	if c, ok := ofTLS(err); ok {
		return c
	}
	meaning := neterr.Of(err)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return Cause{Kind: NoName}
	case errors.As(err, &dns) && meaning != neterr.TimedOut:
		return Cause{Kind: NoLookup, Text: safetext.Line(dns.Err, maxText)}
	case meaning != neterr.Unknown:
		return Cause{Kind: Socket, Meaning: meaning}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Cause{Kind: Ended}
	case errors.As(err, &call):
		err = call.Err
	case errors.As(err, &op) && op.Err != nil:
		err = op.Err
	}
	return Cause{Text: safetext.Line(err.Error(), maxText)}
}

// Of returns the cause of an error in a few words, safe to show: "connection
// refused", "there is no such name", "its certificate is for www.example.org, not for
// relay.example.org". Dates are those of UTC.
func Of(err error) string { return Find(err).String() }

// String is what Of returns.
func (c Cause) String() string {
	switch c.Kind {
	case Socket:
		return c.Meaning.String()
	case NoName:
		return "there is no such name"
	case Ended:
		return "the connection was closed"
	case NoLookup:
		return "its name can't be looked up: " + c.Text
	case Expired:
		return "its certificate is valid from " + minute(c.From) + " to " + minute(c.Until) + ", and this computer's clock says " + minute(c.Now)
	case OtherName:
		return "its certificate is for " + names(c.Names) + ", not for " + c.Host
	case Unsigned:
		return "nobody whom this computer trusts has signed its certificate"
	case NoRoots:
		return "this computer has no list of authorities whose certificates it trusts"
	case Invalid:
		return "its certificate is invalid: " + c.Text
	case NotTLS:
		return "it does not speak TLS"
	}
	return c.Text
}

func minute(t time.Time) string { return t.Format("2006-01-02 15:04") }

// names lists the first names that a certificate is for.
func names(all []string) string {
	switch {
	case len(all) == 0:
		return "no name at all"
	case len(all) > 3:
		return strings.Join(all[:3], ", ") + " and others"
	}
	return strings.Join(all, ", ")
}
