package transit

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"time"

	"sesame/transit/way"
)

// handshakeTime is how long two connected sides may take to prove themselves.
const handshakeTime = 10 * time.Second

const (
	errStranger way.Why = "was answered by somebody else"
	errNotGo    way.Why = "was not chosen by the other side"
)

// decision is what the sender writes on the one connection it uses, and
// refusal what it writes on others (doc/transit.md §3.3).
var (
	decision = []byte("go\n")
	refusal  = []byte("nevermind\n")
)

// proveSender runs the sender's half of the classic handshake. The sender
// writes without waiting: there are receivers that answer nothing before they
// have read its line.
func (l lines) proveSender(conn net.Conn) error {
	if _, err := conn.Write(l.sender); err != nil {
		return err
	}
	return expectLine(conn, l.receiver, len("transit receiver "))
}

// proveReceiver runs the receiver's half. It could write at once too, and
// would only tell strangers what to say when they connect to our peer.
func (l lines) proveReceiver(conn net.Conn) error {
	if err := expectLine(conn, l.sender, len("transit sender ")); err != nil {
		return err
	}
	_, err := conn.Write(l.receiver)
	return err
}

// prove runs role's half within handshakeTime, and leaves conn without a
// deadline. The caller closes conn after an error.
func (l lines) prove(role Role, conn net.Conn) error {
	conn.SetDeadline(time.Now().Add(handshakeTime))
	var err error
	if role == Leader {
		err = l.proveSender(conn)
	} else {
		err = l.proveReceiver(conn)
	}
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	conn.SetDeadline(time.Time{})
	return nil
}

// handshake is what a reach does as role.
func (l lines) handshake(role Role) handshake {
	h := handshake{prove: func(c *candidate) error { return l.prove(role, c.Conn) }}
	if role == Follower {
		h.settle = awaitDecision
	}
	return h
}

// awaitDecision reads the sender's "go" and not a byte more.
func awaitDecision(conn net.Conn) error {
	err := expectLine(conn, decision, len(decision))
	if errors.Is(err, errStranger) {
		return errNotGo
	}
	return err
}

// expectLine reads exactly the bytes of want. The first public bytes are
// compared as they come, so that other protocols are turned away at their first
// wrong byte. The rest is a proof, and is compared as a whole and in constant
// time: an answer after each byte would let a stranger guess it bit by bit.
func expectLine(conn net.Conn, want []byte, public int) error {
	var space [96]byte
	got := space[:len(want)]
	for n := 0; n < len(got); {
		k, err := conn.Read(got[n:])
		n += k
		if m := min(n, public); subtle.ConstantTimeCompare(got[:m], want[:m]) == 0 {
			return errStranger
		}
		if err != nil && n < len(got) {
			return err
		}
	}
	if subtle.ConstantTimeCompare(got, want) == 0 {
		return errStranger
	}
	return nil
}
