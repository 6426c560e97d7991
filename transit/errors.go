package transit

import (
	"errors"
	"net"
	"strings"

	"sesame/internal/neterr"
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/transit/record"
	"sesame/transit/way"
)

// What ends a Conn, of those errors that are record's.
var (
	ErrDamaged   = record.ErrDamaged
	ErrTruncated = record.ErrTruncated
)

// maxExplained is how many paths the text of a NoPathError names.
const maxExplained = 6

// A NoPathError says that no connection came about, and why for each path. Its
// text is for the person at this computer. It must not be sent to the peer, who
// could use us to look around in our network, and nothing that depends on Errs
// may be: Public is what to say instead.
type NoPathError struct {
	Tried []Path
	Errs  []error // Errs[i] is why Tried[i] didn't work
}

func (e *NoPathError) add(a way.Attempt) {
	e.Tried = append(e.Tried, a.Path)
	e.Errs = append(e.Errs, a.Err)
}

// Error names the paths in one line, with what to do about it.
func (e *NoPathError) Error() string {
	var b strings.Builder
	b.WriteString("no way to reach the other computer: ")
	if len(e.Tried) == 0 {
		b.WriteString("neither side knows an address or a relay to try")
	}
	for i, p := range e.Tried {
		if i > 0 {
			b.WriteString("; ")
		}
		if i == maxExplained {
			b.WriteString("and more")
			break
		}
		b.WriteString(account(p, e.Errs[i]))
	}
	b.WriteString(". Check that both computers are online, or agree on a relay that both can reach")
	return b.String()
}

// Public returns what the peer may be told. It is always the same.
func (e *NoPathError) Public() string { return "found no way to reach the other computer" }

// Unwrap returns Errs.
func (e *NoPathError) Unwrap() []error { return e.Errs }

// account names a path and says why it didn't work. What stands between us and a
// relay tells of itself.
func account(p Path, err error) string {
	var via *way.ViaError
	if errors.As(err, &via) {
		p.Via = ""
		return p.Label() + ": " + safetext.Line(via.Error(), 160)
	}
	return p.Label() + " " + explain(err)
}

// explain says in a few words why a path didn't work.
func explain(err error) string {
	var dns *net.DNSError
	var own way.Why
	switch {
	case errors.As(err, &own):
		return own.Error()
	case errors.As(err, &dns):
		return "does not resolve"
	case neterr.Is(err, neterr.Refused):
		return "refused"
	case neterr.Is(err, neterr.TimedOut):
		return "did not answer"
	case neterr.Is(err, neterr.Unreachable):
		return "is out of reach from here"
	}
	if reason.Find(err).TLS() {
		return "failed: " + safetext.Line(reason.Of(err), 160)
	}
	return safetext.Line(err.Error(), 120)
}
