// Package open makes TCP connections past NATs: both sides connect at about the
// same time, each from the port that it listens at, to the address that the other's
// NAT has given to that port. Each NAT takes what comes in for an answer to what
// went out (RFC 793 §3.4 "simultaneous connection synchronization", RFC 5382 §4.3).
//
//	A, listens at 4001     NAT of A            NAT of B      B, listens at 4002
//	  Binding request ────► server: "you are 203.0.113.5:61002"
//	                      the two addresses cross by another way
//	  SYN ─────────────────►│────────────────────►│ dropped: unknown
//	                        │◄────────────────────│◄──────────────── SYN
//	  ◄─────────────────────│ answers, it seems
//	  SYN, ACK ────────────►│────────────────────►│────────────────►
//
// When to connect is up to the caller. Source: doc/native.md §10.
package open

import "time"

// DialTime is how long one Dial takes at most. A SYN goes out at once and again
// after a second.
const DialTime = 2500 * time.Millisecond
