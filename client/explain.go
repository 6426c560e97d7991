package client

import (
	"context"
	"errors"
	"io"
	"net"
	"os"

	"sesame/internal/proxy"
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transfer"
)

// Explain returns what an error of this package, or of those below it, means. err
// must not be nil. It goes by types and values, never by words.
func Explain(err error) *Failure {
	var own *Failure
	if errors.As(err, &own) {
		return own
	}
	for _, subject := range []func(error) *Failure{explainWhy, explainRequest, explainMeeting, explainAnswer, explainLoss, explainContents, explainFiles, explainNetwork} {
		if f := subject(err); f != nil {
			f.Err = err
			return f
		}
	}
	f := Fail(Other, said(safetext.Line(err.Error(), 200)))
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
		work    *rendezvous.WorkError
	)
	switch {
	case errors.As(err, &badCode):
		return explainCode(badCode)
	case errors.Is(err, transfer.ErrBothSend):
		return Fail(BothSend)
	case errors.Is(err, transfer.ErrClassicPeer):
		return Fail(NeedsNative, programOf(rendezvous.Foreign), programOf(rendezvous.Foreign))
	case errors.Is(err, rendezvous.ErrTampered):
		return Fail(Tampered)
	case errors.Is(err, rendezvous.ErrWrongCode):
		return Fail(WrongCode, Fail(WrongTyped), Fail(WrongTyped))
	case errors.Is(err, rendezvous.ErrDisturbed):
		return Fail(Disturbed)
	case errors.Is(err, rendezvous.ErrCodeUsed):
		return Fail(CodeUsed)
	case errors.Is(err, rendezvous.ErrCrowded):
		return Fail(Crowded)
	case errors.As(err, &welcome) && welcome.WantsToken:
		return Fail(ServerWantsToken)
	case errors.As(err, &work):
		return Fail(ServerWantsWork, work.Within)
	case errors.As(err, &welcome):
		return Fail(ServerTurnsAway, welcome.Message)
	case errors.As(err, &server):
		return Fail(ServerRefused, server.Message)
	case errors.Is(err, rendezvous.ErrMalformed):
		return Fail(ServerMalformed, said(safetext.Line(err.Error(), 200)))
	}
	return nil
}

// explainCode says what is wrong with a code that was typed.
func explainCode(err *rendezvous.CodeError) *Failure {
	none := err.Code == (rendezvous.Code{})
	code, args := OddCode, []any{problemOf(err), err.Suggestion}
	switch {
	case err.Suggestion == "" && none:
		code, args = BadCode, args[:1]
	case err.Suggestion == "":
		code, args = UnlistedCode, args[:1]
	case none:
		code = MistypedCode
	}
	return Fail(code, args...)
}

// problemOf is what is wrong with it alone. Each problem has a code of its name.
func problemOf(err *rendezvous.CodeError) *Failure {
	var args []any
	switch err.Problem {
	case rendezvous.CodeLong:
		args = []any{rendezvous.MaxCode}
	case rendezvous.CodeNoDigits:
		args = []any{rendezvous.MaxNumber, err.Word}
	case rendezvous.CodeUnlisted:
		args = []any{err.Word}
	}
	return &Failure{Class: ClassPart, Code: Code(err.Problem), Args: args}
}

// explainAnswer knows how the other side can say no.
func explainAnswer(err error) *Failure {
	var no *transfer.Rejection
	switch {
	case errors.As(err, &no):
		return explainRejection(no)
	case errors.Is(err, transfer.ErrRejected):
		return Fail(PeerDeclined)
	case errors.Is(err, transfer.ErrNoWay):
		return Fail(NoWay)
	}
	return nil
}

// explainNetwork knows what can happen to connections, and what the peer says.
func explainNetwork(err error) *Failure {
	var (
		unreached *rendezvous.ConnectError
		several   *local.AmbiguousError
		late      *rendezvous.TimeoutError
		asleep    *rendezvous.UnansweredError
		peer      *transfer.PeerError
		through   *proxy.Error
	)
	switch {
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
		return Fail(Late, Fail(of(awaited[:], late.What)), late.After)
	case errors.As(err, &unreached):
		return Fail(Server, Connection(err))
	case errors.As(err, &peer):
		return explainPeer(peer)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isNetwork(err):
		return Fail(Network, Connection(err))
	}
	return nil
}

// explainTLS says what keeps TLS from a server.
func explainTLS(err error) Code {
	switch reason.Find(err).Kind {
	case reason.Expired:
		return ServerClock
	case reason.Unsigned:
		return ServerUnsigned
	case reason.OtherName:
		return ServerUntrusted
	case reason.NoRoots:
		return ServerRoots
	}
	return ServerPlain
}

// isNetwork reports whether err is a connection's failure or a wait that took
// too long.
func isNetwork(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
