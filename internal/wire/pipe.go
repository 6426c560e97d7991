package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What is said before a relay joins two connections, each of which then carries what
// the other sends. It is the same over TCP and in a WebSocket, where a line is a
// message. Source: doc/relay.md §4, doc/transit.md §5.1.
//
//	client                                    relay
//	please relay TOKEN for side SIDE\n   ->
//	                                     <-   ok\n            when the other side is there
//	                                     <-   impatient\n     to who goes on without it
//	                                     <-   no more today\n to who has had a day's worth
//	                                     <-   no ticket\n     where only those are joined who have one
//	                                     <-   bad handshake\n to anything else
//
// Behind the side there may be " ticket TICKET", for a relay whose own mailbox server has
// given the client one. Others take that for a bad handshake. Who has shown one is told behind
// "no more today" when the day is over.
const (
	Please       = "please relay "
	forSide      = " for side "
	withTicket   = " ticket "
	Joined       = "ok\n"
	Impatient    = "impatient\n"
	Spent        = "no more today\n"
	over         = "over in "
	NoTicket     = "no ticket\n"
	BadHandshake = "bad handshake\n"
)

// Bounds of what is said.
const (
	tokenSize = 64 // characters of a token
	sideSize  = 16 // and of a side
	// MaxTicket is how many characters a ticket may have.
	MaxTicket = 96
	// MaxPlease is the longest line in bytes that a relay reads, its newline
	// included. The longest that makes sense has 208.
	MaxPlease = 256
	// MaxLanes is how many connections two clients may have through a relay for one
	// transfer, whatever it says.
	MaxLanes = 16
)

// PleaseRelay returns the line of a side that has a token, of 32 bytes.
func PleaseRelay(token []byte, side [8]byte) []byte {
	return fmt.Appendf(nil, "%s%x%s%x\n", Please, token, forSide, side)
}

// WithTicket returns a line that shows a ticket, too. It is ValidTicket.
func WithTicket(line []byte, ticket string) []byte {
	return fmt.Appendf(nil, "%s%s%s\n", bytes.TrimSuffix(line, []byte("\n")), withTicket, ticket)
}

// ValidTicket reports whether a text may be a ticket: letters, digits and _, at most MaxTicket.
func ValidTicket(s string) bool { return s != "" && len(s) <= MaxTicket && isWord([]byte(s)) }

// LongestDay is the most that a relay may say a day has left.
const LongestDay = 24 * time.Hour

// Over returns the line that says in how long a day is over: in whole seconds, which
// have passed then.
func Over(left time.Duration) string {
	return over + strconv.Itoa(int((min(left, LongestDay)+time.Second-1)/time.Second)) + "\n"
}

// ParseOver reads that line, with its newline. Less than a second and more than LongestDay make no sense.
func ParseOver(line string) (left time.Duration, ok bool) {
	n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(line, over), "\n"))
	left = time.Duration(n) * time.Second
	return left, left > 0 && left <= LongestDay && line == Over(left)
}

// A Plea is what a client says to a relay.
type Plea struct {
	Token  string
	Side   string // "" if the client didn't name one, as the first ones didn't
	Ticket string // "" if it has shown none
}

// ParsePlease reads a line without its newline: 64 letters and digits, 16 of a side, and a
// ticket; the latter two may be missing.
func ParsePlease(line []byte) (p Plea, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(Please))
	if !ok || len(rest) < tokenSize || !isWord(rest[:tokenSize]) {
		return Plea{}, false
	}
	p.Token, rest = string(rest[:tokenSize]), rest[tokenSize:]
	if side, named := bytes.CutPrefix(rest, []byte(forSide)); named {
		if len(side) < sideSize || !isWord(side[:sideSize]) {
			return Plea{}, false
		}
		p.Side, rest = string(side[:sideSize]), side[sideSize:]
	}
	if ticket, shown := bytes.CutPrefix(rest, []byte(withTicket)); shown {
		if !ValidTicket(string(ticket)) {
			return Plea{}, false
		}
		p.Ticket, rest = string(ticket), nil
	}
	if len(rest) > 0 {
		return Plea{}, false
	}
	return p, true
}

func isWord(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_') {
			return false
		}
	}
	return true
}
