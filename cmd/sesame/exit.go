package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"

	"sesame/internal/proxy"
	"sesame/internal/reason"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// What the program returns to the shell. The numbers are a promise: scripts
// rely on them, and exitTable explains them to people.
const (
	exitOK        = 0
	exitOther     = 1
	exitUsage     = 2
	exitWrongCode = 3
	exitRefused   = 4
	exitIntegrity = 5
	exitLocal     = 6
	exitNetwork   = 7
	exitServer    = 8
	exitUnable    = 9
	exitPartial   = 10
	exitSignal    = 128 // plus the number of the signal
)

const exitTable = `What sesame returns to the shell:

    0   done: everything is written on the other side
    1   something else went wrong
    2   the command line can't be carried out
    3   wrong code, or somebody tried to guess it or to disturb
    4   one of the two people declined or stopped
    5   what arrived is not what was sent
    6   reading or writing files failed, here or on the other computer
    7   the other computer or a server can't be reached, or fell silent
    8   the server refused, or makes no sense
    9   the other program can't do what was asked for
   10   done in part: something could not be sent, because nobody may read it, it
        changed meanwhile, or its name can't be created everywhere; or the disk
        that it comes to can't have its name, or links. What is never sent (links
        that lead outside, devices, sockets) doesn't count. With other
        programs a file that changes ends the transfer, and nothing is there
  130   interrupted (128 plus the number of the signal)
`

// A localError is a failure to read or write this computer's files.
type localError struct {
	err  error
	hint string
}

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// A keptError is a failure that leaves what has arrived for the next try.
type keptError struct{ err error }

func (e *keptError) Error() string { return e.err.Error() }
func (e *keptError) Unwrap() error { return e.err }

// explain maps an error to an exit code, a line of text and, where there is
// one, what to do next.
func explain(err error) (code int, text, hint string) {
	var kept *keptError
	if errors.As(err, &kept) {
		if code, text, hint = explain(kept.err); hint == "" && code != exitLocal {
			hint = "what has arrived is kept: run both again to go on"
		}
		return code, text, hint
	}
	for _, subject := range []func(error) (int, string, string){
		explainCommand, explainSession, explainTransfer, explainNetwork,
	} {
		if code, text, hint = subject(err); code != exitOK {
			return code, text, hint
		}
	}
	return exitOther, err.Error(), ""
}

// explainCommand knows what the user did, or asked for in vain. The functions
// from here on return exitOK for what isn't theirs.
func explainCommand(err error) (code int, text, hint string) {
	var (
		usage   *usageError
		signal  *interruption
		badCode *rendezvous.CodeError
		partial *partialError
	)
	text = err.Error()
	switch {
	case errors.As(err, &signal):
		return exitSignal + int(signal.signal), text, ""
	case errors.As(err, &partial):
		return exitPartial, text, "the lines above say why; put that right and send them again"
	case errors.Is(err, errNotPostQuantum):
		return exitUnable, text, "leave out --require-pq if the classic protocol will do"
	case errors.Is(err, transfer.ErrClassicPeer):
		return exitUnable, text, ""
	case errors.As(err, &usage):
		return exitUsage, text, usage.hint
	case errors.As(err, &badCode):
		return exitUsage, "that is no code: " + badCode.Problem, codeHint(badCode)
	case errors.Is(err, errRefused), errors.Is(err, errSkipped), errors.Is(err, errNoAnswer), errors.Is(err, errNotCompared):
		return exitRefused, text, refusedHint(err)
	}
	return exitOK, "", ""
}

// explainSession knows what can happen until two computers have met.
func explainSession(err error) (code int, text, hint string) {
	var (
		welcome *rendezvous.WelcomeError
		server  *rendezvous.ServerError
	)
	text = err.Error()
	switch {
	case errors.Is(err, rendezvous.ErrTampered):
		return exitWrongCode, text, ""
	case errors.Is(err, rendezvous.ErrWrongCode):
		return exitWrongCode, "wrong code: a mistyped one, or somebody guessed", "start again with a new code; this one is worthless now"
	case errors.Is(err, rendezvous.ErrDisturbed):
		return exitWrongCode, text, "start again with a new code, or name another server with --server"
	case errors.Is(err, errUnverified):
		return exitWrongCode, text, "nothing was transferred; start again with a new code"
	case errors.Is(err, rendezvous.ErrCodeUsed), errors.Is(err, rendezvous.ErrCrowded):
		return exitServer, text, ""
	case errors.As(err, &welcome), errors.As(err, &server):
		return exitServer, text, ""
	case errors.Is(err, rendezvous.ErrMalformed):
		return exitServer, text, "name another server with --server"
	}
	return exitOK, "", ""
}

// explainTransfer knows what can happen to files.
func explainTransfer(err error) (code int, text, hint string) {
	var (
		changed  *transfer.ChangedError
		exists   *transfer.ExistsError
		no       *transfer.Rejection
		disk     *transfer.DiskError
		twins    *staging.TwinsError
		path     *fs.PathError
		local    *localError
		list     *transfer.ListError
		protocol *transfer.ProtocolError
		listing  *manifest.Error
	)
	text = err.Error()
	switch {
	case errors.As(err, &local): // first: what it wraps may be what peers fail with
		return exitLocal, text, local.hint
	case errors.As(err, &list):
		return exitLocal, text, ""
	case errors.As(err, &no) && no.Reason == saysNoRoom:
		return exitLocal, "the other computer's disk has not enough room", ""
	case errors.As(err, &no) && no.Reason == saysNoDisk:
		return exitLocal, "the other computer can't read or write its files", ""
	case errors.Is(err, transfer.ErrRejected):
		return exitRefused, strings.Replace(text, transfer.ErrRejected.Error(), "the other side declined", 1), ""
	case errors.Is(err, transfer.ErrNoWay):
		return exitNetwork, transfer.ErrNoWay.Error(), "leave out --direct-only there, or --relay-only and --tor here, or the other way round"
	case errors.Is(err, transfer.ErrLost):
		return exitNetwork, text, "run both again: what has arrived does not cross a second time"
	case errors.Is(err, transfer.ErrIntegrity), errors.As(err, &protocol), errors.As(err, &listing):
		return exitIntegrity, text, "nothing of it has its final name; send it again"
	case errors.Is(err, transfer.ErrGrowth):
		return exitRefused, text, "nobody has agreed to that; whoever sends it can do so with --no-compress"
	case errors.As(err, &changed):
		return exitPartial, text, changedHint
	case errors.As(err, &exists):
		return exitLocal, text, "choose another name with --output, or see --on-conflict"
	case errors.As(err, &disk), errors.As(err, &twins), errors.As(err, &path):
		return exitLocal, text, ""
	}
	return exitOK, "", ""
}

// explainNetwork knows what can happen to connections, and what the peer says.
func explainNetwork(err error) (code int, text, hint string) {
	var (
		sender    *senderError
		unreached *rendezvous.ConnectError
		noPath    *transit.NoPathError
		late      *rendezvous.TimeoutError
		asleep    *rendezvous.UnansweredError
		peer      *transfer.PeerError
		through   *proxy.Error
	)
	text = err.Error()
	switch {
	case errors.Is(err, errMissed):
		return exitNetwork, errMissed.Error(), "start again: a new code is needed"
	case errors.Is(err, errNoTransfer):
		return exitNetwork, text, "the problems above say what to do"
	case errors.Is(err, errUnwell):
		return exitNetwork, text, "the problems above say what to do"
	case errors.As(err, &noPath):
		return exitNetwork, text, "try another network, or name a relay with --relay"
	case errors.As(err, &through):
		return exitNetwork, text, proxyHint(through)
	case errors.As(err, &unreached) && reason.Hint(err) != "":
		return exitNetwork, text, reason.Hint(err)
	case errors.Is(err, rendezvous.ErrNoMailbox):
		return exitNetwork, text, "this network may want a log-in first: open any page in a browser; or check the URL of --server, which usually ends with /v1"
	case errors.As(err, &asleep):
		return exitNetwork, asleep.Error(), asleepHint(asleep)
	case errors.As(err, &late):
		return exitNetwork, text, ""
	case errors.As(err, &sender):
		return exitNetwork, text, sender.hint
	case errors.As(err, &unreached):
		return exitNetwork, text, "check the network, or name another server with --server"
	case errors.As(err, &peer):
		return explainPeer(peer)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isNetwork(err):
		return exitNetwork, text, ""
	}
	return exitOK, "", ""
}

// What one sesame tells the other, and knows again.
const (
	saysVerifier  = "the verifier was rejected, nothing was transferred"
	saysNoRoom    = "the receiver's disk has not enough room"
	saysNoDisk    = "the receiver can't write its files"
	saysFull      = "the disk is full"
	saysCancelled = "the person there cancelled the transfer"
	saysChanged   = " changed while it was sent: it "
)

// changedHint is for what a classic transfer fails with as a whole.
const changedHint = "nothing of it has its final name; send it again when nothing writes to it"

// explainPeer is explain for what the other side said.
func explainPeer(err *transfer.PeerError) (code int, text, hint string) {
	switch {
	case err.Message == saysVerifier:
		return exitWrongCode, "the other side found the verifiers to differ: somebody may be in between", "nothing was transferred; start again with a new code"
	case err.Class == transfer.Cancelled, strings.HasSuffix(err.Message, "cancelled the transfer"):
		return exitRefused, "the other side cancelled the transfer", ""
	case err.Class == transfer.Integrity:
		return exitIntegrity, err.Error(), ""
	case strings.Contains(err.Message, saysChanged):
		return exitPartial, err.Error(), changedHint
	case err.Class == transfer.Disk && err.Message == saysFull, strings.HasSuffix(err.Message, "'s disk is full"):
		return exitLocal, "the other computer's disk is full", "when there is room, run both again"
	case err.Class == transfer.Disk:
		return exitLocal, "the other computer can't read or write its files", ""
	}
	return exitOther, err.Error(), ""
}

// isNetwork reports whether err is a connection's failure or a wait that took
// too long.
func isNetwork(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func codeHint(err *rendezvous.CodeError) string {
	if err.Suggestion != "" && err.Code == (rendezvous.Code{}) {
		return fmt.Sprintf("did you mean %s?", err.Suggestion)
	}
	if err.Suggestion != "" {
		return fmt.Sprintf("did you mean %s? --code-raw takes a code as it is", err.Suggestion)
	}
	return "a code looks like 7-crossover-clockwork"
}

// asleepHint is what to do about a side that has come before us, and sleeps.
func asleepHint(err *rendezvous.UnansweredError) string {
	if err.Again {
		return "perhaps it is asleep or offline: wake it, then run this again with the same code"
	}
	return "perhaps it is asleep or offline: wake it, and start again there, for a new code is needed"
}

func refusedHint(err error) string {
	if errors.Is(err, errNoAnswer) {
		return "where nobody can answer, --yes accepts"
	}
	return ""
}
