package client

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"

	"sesame/internal/proxy"
	"sesame/internal/reason"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

// Explain returns what an error of this package, or of those below it, means. err
// must not be nil. It goes by types and values, never by words.
func Explain(err error) *Failure {
	var own *Failure
	if errors.As(err, &own) {
		return own
	}
	for _, subject := range []func(error) *Failure{explainWhy, explainRequest, explainMeeting, explainTransfer, explainNetwork} {
		if f := subject(err); f != nil {
			f.Err = err
			return f
		}
	}
	f := Fail(Other, err)
	f.Err = err
	return f
}

// explainMeeting knows what can happen until two computers have met. The functions
// from here on return nil for what isn't theirs.
func explainMeeting(err error) *Failure {
	var (
		badCode *rendezvous.CodeError
		welcome *rendezvous.WelcomeError
		server  *rendezvous.ServerError
	)
	switch {
	case errors.As(err, &badCode):
		return explainCode(badCode)
	case errors.Is(err, transfer.ErrClassicPeer):
		return Fail(NeedsNative, programOf(rendezvous.Foreign), programOf(rendezvous.Foreign))
	case errors.Is(err, rendezvous.ErrTampered):
		return Fail(Tampered)
	case errors.Is(err, rendezvous.ErrWrongCode):
		return Fail(WrongCode)
	case errors.Is(err, rendezvous.ErrDisturbed):
		return Fail(Disturbed)
	case errors.Is(err, rendezvous.ErrCodeUsed):
		return Fail(CodeUsed)
	case errors.Is(err, rendezvous.ErrCrowded):
		return Fail(Crowded)
	case errors.As(err, &welcome):
		return Fail(ServerTurnsAway, welcome.Message)
	case errors.As(err, &server):
		return Fail(ServerRefused, server.Message)
	case errors.Is(err, rendezvous.ErrMalformed):
		return Fail(ServerMalformed, err)
	}
	return nil
}

// explainCode says what is wrong with a code that was typed.
func explainCode(err *rendezvous.CodeError) *Failure {
	switch {
	case err.Suggestion == "":
		return Fail(BadCode, err.Problem)
	case err.Code == (rendezvous.Code{}):
		return Fail(MistypedCode, err.Problem, err.Suggestion)
	}
	return Fail(OddCode, err.Problem, err.Suggestion)
}

// explainTransfer knows what can happen to files.
func explainTransfer(err error) *Failure {
	var (
		changed  *transfer.ChangedError
		exists   *transfer.ExistsError
		no       *transfer.Rejection
		disk     *transfer.DiskError
		twins    *tree.TwinsError
		path     *fs.PathError
		list     *transfer.ListError
		protocol *transfer.ProtocolError
		listing  *manifest.Error
	)
	switch {
	case errors.As(err, &list):
		return Fail(List, err)
	case errors.As(err, &no):
		return explainRejection(no)
	case errors.Is(err, transfer.ErrRejected):
		return Fail(PeerDeclined)
	case errors.Is(err, transfer.ErrNoWay):
		return Fail(NoWay)
	case errors.Is(err, transfer.ErrLost):
		return Fail(Lost, err)
	case errors.Is(err, transfer.ErrIntegrity):
		return Fail(Damaged, err)
	case errors.As(err, &protocol):
		return Fail(Protocol, err)
	case errors.As(err, &listing):
		return Fail(BadList, err)
	case errors.Is(err, transfer.ErrGrowth):
		return Fail(Growth)
	case errors.As(err, &changed):
		return Fail(Changed, changed.Path, howChanged(changed.How))
	case errors.As(err, &exists):
		return Fail(Exists, exists.Name)
	case errors.As(err, &disk) && disk.Full():
		return Fail(Full, err)
	case errors.As(err, &twins):
		return Fail(Twins, twins.A, twins.B)
	case errors.As(err, &disk) && disk.Held():
		return Fail(InUse, disk.Path)
	case errors.As(err, &disk), errors.As(err, &path):
		return Fail(Disk, err)
	}
	return nil
}

// explainNetwork knows what can happen to connections, and what the peer says.
func explainNetwork(err error) *Failure {
	var (
		unreached *rendezvous.ConnectError
		several   *local.AmbiguousError
		noPath    *transit.NoPathError
		late      *rendezvous.TimeoutError
		asleep    *rendezvous.UnansweredError
		peer      *transfer.PeerError
		through   *proxy.Error
	)
	switch {
	case errors.As(err, &noPath):
		return Fail(NoPath, err)
	case errors.As(err, &through):
		return explainProxy(through, err)
	case errors.As(err, &several):
		return Fail(SenderDouble, len(several.Addrs))
	case errors.As(err, &unreached) && reason.Find(err).TLS():
		return Fail(explainTLS(err), Connection(err))
	case errors.Is(err, rendezvous.ErrNoMailbox):
		return Fail(ServerNone, Connection(err))
	case errors.As(err, &asleep) && asleep.Again:
		return Fail(Asleep)
	case errors.As(err, &asleep):
		return Fail(AsleepGone)
	case errors.As(err, &late):
		return Fail(Late, Fail(awaited[late.What]), late.After)
	case errors.As(err, &unreached):
		return Fail(Server, Connection(err))
	case errors.As(err, &peer):
		return explainPeer(peer)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isNetwork(err):
		return Fail(Network, err)
	}
	return nil
}

// explainTLS says what keeps TLS from a server.
func explainTLS(err error) Code {
	switch reason.Find(err).Kind {
	case reason.Expired:
		return ServerClock
	case reason.Unsigned, reason.OtherName:
		return ServerUntrusted
	case reason.NoRoots:
		return ServerRoots
	}
	return ServerPlain
}

func explainProxy(p *proxy.Error, err error) *Failure {
	switch {
	case p.Tor:
		return Fail(Tor, Connection(err))
	case p.Credentials():
		return Fail(ProxyLogin, Connection(err), p.Source)
	}
	return Fail(Proxy, Connection(err), p.Source)
}

// isNetwork reports whether err is a connection's failure or a wait that took
// too long.
func isNetwork(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
