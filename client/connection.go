package client

import (
	"errors"
	"strings"

	"sesame/internal/neterr"
	"sesame/internal/proxy"
	"sesame/internal/reason"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
)

// Connection says why a connection didn't come about, or broke: a code of ClassPart,
// for the arguments of others. err must not be nil.
func Connection(err error) *Failure {
	var (
		server  *rendezvous.ConnectError
		through *proxy.Error
		instead *rendezvous.NoMailboxError
	)
	part := (*Failure)(nil)
	switch {
	case errors.As(err, &server):
		part = Fail(ConnServer, server.Host, Connection(server.Err))
	case errors.As(err, &through):
		part = viaProxy(through)
	case errors.As(err, &instead):
		part = inStead(instead)
	case errors.Is(err, local.ErrTaken):
		part = Fail(ConnTaken)
	default:
		part = cause(reason.Find(err))
	}
	part.Err = err
	return part
}

// inStead says what answers in a mailbox server's stead.
func inStead(e *rendezvous.NoMailboxError) *Failure {
	switch e.Kind {
	case rendezvous.WebPage:
		return Fail(InsteadPage)
	case rendezvous.WantsTLS:
		return Fail(InsteadPlain, e.Status)
	case rendezvous.RedirectsAway:
		return Fail(InsteadAway, e.Host)
	case rendezvous.RedirectsToPage:
		return Fail(InsteadAnother)
	case rendezvous.RedirectsOn:
		return Fail(InsteadEndless)
	}
	return Fail(InsteadStatus, e.Status)
}

// said is what a system, a library or somebody else has to say, safe to print.
func said(text string) error { return errors.New(text) }

// cause says why a connection didn't come about, where no proxy has to do with it.
func cause(c reason.Cause) *Failure {
	switch c.Kind {
	case reason.Socket:
		return Fail(of(meanings[:], c.Meaning))
	case reason.NoName:
		return Fail(ConnNoName)
	case reason.Ended:
		return Fail(ConnEnded)
	case reason.NoLookup:
		return Fail(ConnNoLookup, said(c.Text))
	case reason.Expired:
		return Fail(ConnExpired, c.From, c.Until, c.Now)
	case reason.OtherName:
		return otherName(c)
	case reason.Unsigned:
		return Fail(ConnUnsigned)
	case reason.NoRoots:
		return Fail(ConnNoRoots)
	case reason.Invalid:
		return Fail(ConnInvalid, said(c.Text))
	case reason.NotTLS:
		return Fail(ConnNotTLS)
	}
	return Fail(ConnSystem, said(c.Text))
}

// otherName says for whom a certificate is. A few of the names will do.
func otherName(c reason.Cause) *Failure {
	const few = 3
	host, names := said(c.Host), said(strings.Join(c.Names[:min(len(c.Names), few)], ", "))
	switch {
	case len(c.Names) == 0:
		return Fail(ConnNameless, host)
	case len(c.Names) > few:
		return Fail(ConnOtherNames, names, host)
	}
	return Fail(ConnOtherName, names, host)
}

var meanings = [...]Code{
	neterr.Refused:     ConnRefused,
	neterr.Reset:       ConnReset,
	neterr.Unreachable: ConnUnreachable,
	neterr.TimedOut:    ConnNoAnswer,
	neterr.InUse:       ConnInUse,
	neterr.NotHere:     ConnNotHere,
	neterr.NoFamily:    ConnNoFamily,
	neterr.Forbidden:   ConnForbidden,
}

// awaited is what didn't come in time.
var awaited = [...]Code{
	rendezvous.AwaitGreeting:   AwaitGreeting,
	rendezvous.AwaitNameplates: AwaitNameplates,
	rendezvous.AwaitNameplate:  AwaitNameplate,
	rendezvous.AwaitClaim:      AwaitClaim,
	rendezvous.AwaitStored:     AwaitStored,
	rendezvous.AwaitReceipt:    AwaitReceipt,
	rendezvous.AwaitConnection: AwaitConnection,
	rendezvous.AwaitVersion:    AwaitVersion,
	rendezvous.AwaitOvertaken:  AwaitOvertaken,
}
