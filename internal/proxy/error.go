package proxy

import (
	"strconv"
	"strings"

	"sesame/internal/reason"
)

// A Why says what is wrong with a proxy, or with a destination.
type Why byte

// The reasons.
const (
	Misnamed      Why = iota // its URL, or all proxies where there can't be any
	BadAddress               // no proxy can be asked for this destination
	NotReached               // there is no connection with the proxy itself: Cause
	NotConnected             // with it, and then something broke: Cause
	Silent                   // it did not answer in time
	HungUp                   // it did before it had answered
	NotHTTP                  // it is no HTTP proxy: it Said something else
	NotSOCKS                 // it is no SOCKS5 proxy
	WantsLogin               // it wants a user and a password
	BadLogin                 // it does not accept those that it got
	OddLogin                 // it wants to be convinced by one of Methods, which we can't
	Redirects                // with the status that it Said
	Refuses                  // to connect to To; Said is the status, if there is one
	CantConnect              // to To, with the status that it Said
	CantConnectAs            // likewise, as it Said
)

// An Error says what is wrong with a proxy, or what the proxy found to be wrong
// with a destination. Its texts are safe to show.
type Error struct {
	// Source is what named the proxy: a variable of the environment or a flag.
	Source string
	// Ambient is set if nobody asked for the proxy: FromEnvironment found it.
	Ambient bool
	// Tor is set if the proxy was to be Tor.
	Tor bool

	Why     Why
	At      string // the proxy, "host:port"; "" with Misnamed
	To      string // the destination, "host:port"
	Said    string
	Methods []string
	Cause   reason.Cause

	timeout bool
}

// Credentials reports whether the proxy doesn't serve without them, or not with
// those that it got.
func (e *Error) Credentials() bool {
	return e.Why == WantsLogin || e.Why == BadLogin || e.Why == OddLogin
}

// Error returns one line, with what the proxy is called.
func (e *Error) Error() string {
	switch {
	case e.Why == Misnamed:
		return e.Source + ": a browser has its own settings for proxies"
	case e.Tor:
		return "Tor at " + e.At + " " + e.why()
	}
	return "the proxy " + e.At + " (" + e.Source + ") " + e.why()
}

// why completes "the proxy P …".
func (e *Error) why() string {
	switch e.Why {
	case BadAddress:
		return "can't be asked for this address"
	case NotReached:
		return "can't be reached: " + e.Cause.String()
	case NotConnected:
		return "did not connect: " + e.Cause.String()
	case Silent:
		return "did not answer in time"
	case HungUp:
		return "hung up"
	case NotHTTP:
		return "is no HTTP proxy: it says " + strconv.Quote(e.Said)
	case NotSOCKS:
		return "is no SOCKS5 proxy"
	case WantsLogin:
		return "wants a user and a password"
	case BadLogin:
		return "does not accept the user or the password"
	case OddLogin:
		return "wants a kind of authentication that this program can't do: " + strings.Join(e.Methods, ", ")
	case Redirects:
		return "redirects instead of connecting (" + e.Said + "): it may want a log-in in a browser first"
	case Refuses:
		if e.Said == "" {
			return "refuses to connect to " + e.To
		}
		return "refuses to connect to " + e.To + " (" + e.Said + ")"
	case CantConnect:
		return "could not connect to " + e.To + " (" + e.Said + ")"
	case CantConnectAs:
		return "could not connect to " + e.To + ": " + e.Said
	}
	return "fails"
}

// Timeout reports whether time has run out.
func (e *Error) Timeout() bool { return e.timeout }

// Temporary returns false. With it, an Error is a net.Error.
func (e *Error) Temporary() bool { return false }
