package wire

import (
	"bytes"
	"fmt"
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
//	                                     <-   bad handshake\n to anything else
const (
	Please       = "please relay "
	forSide      = " for side "
	Joined       = "ok\n"
	Impatient    = "impatient\n"
	Spent        = "no more today\n"
	BadHandshake = "bad handshake\n"
)

// Bounds of what is said.
const (
	tokenSize = 64 // characters of a token
	sideSize  = 16 // and of a side
	// MaxPlease is the longest line in bytes that a relay reads, its newline
	// included. The longest that makes sense has 104.
	MaxPlease = 256
	// MaxLanes is how many connections two clients may have through a relay for one
	// transfer, whatever it says.
	MaxLanes = 16
)

// PleaseRelay returns the line of a side that has a token, of 32 bytes.
func PleaseRelay(token []byte, side [8]byte) []byte {
	return fmt.Appendf(nil, "%s%x%s%x\n", Please, token, forSide, side)
}

// ParsePlease reads a line without its newline: 64 letters and digits, and 16 of a
// side, which is "" if the client didn't name one, as the first ones didn't.
func ParsePlease(line []byte) (token, side string, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(Please))
	if !ok || len(rest) < tokenSize || !isWord(rest[:tokenSize]) {
		return "", "", false
	}
	token, rest = string(rest[:tokenSize]), rest[tokenSize:]
	if len(rest) == 0 {
		return token, "", true
	}
	rest, ok = bytes.CutPrefix(rest, []byte(forSide))
	if !ok || len(rest) != sideSize || !isWord(rest) {
		return "", "", false
	}
	return token, string(rest), true
}

func isWord(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_') {
			return false
		}
	}
	return true
}
