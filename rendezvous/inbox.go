package rendezvous

import (
	"crypto/sha256"
	"strconv"

	"sesame/internal/wire"
)

// Limits on what waits for its turn or for Receive.
const (
	maxWaiting      = 1000
	maxWaitingBytes = 8 << 20
)

// An inbox puts the peer's numbered messages in order.
type inbox struct {
	sealed map[int][]byte // not yet its turn
	opened [][]byte       // in order, for Receive
	count  int            // number of the next to open
	taken  bool           // at least one was taken
	bytes  int            // of both
}

// phaseNumber returns the number that a phase stands for. There is one spelling
// of each.
func phaseNumber(phase string) (int, bool) {
	n, err := strconv.Atoi(phase)
	if err != nil || n < 0 || n > 1<<30 || strconv.Itoa(n) != phase {
		return 0, false
	}
	return n, true
}

// put takes a message, the first of each number. It reports whether there was
// room.
func (in *inbox) put(n int, body []byte) bool {
	if _, known := in.sealed[n]; known || n < in.count {
		return true
	}
	if n-in.count >= maxWaiting || len(in.sealed)+len(in.opened) >= maxWaiting || in.bytes+len(body) > maxWaitingBytes {
		return false
	}
	if in.sealed == nil {
		in.sealed = make(map[int][]byte)
	}
	in.sealed[n] = body
	in.bytes += len(body)
	return true
}

// turn returns the message whose turn it is, if it is there.
func (in *inbox) turn() (phase string, body []byte, ok bool) {
	body, ok = in.sealed[in.count]
	return strconv.Itoa(in.count), body, ok
}

// pass replaces the message whose turn it is by its plaintext.
func (in *inbox) pass(plain []byte) {
	in.bytes += len(plain) - len(in.sealed[in.count])
	delete(in.sealed, in.count)
	in.count++
	in.opened = append(in.opened, plain)
}

// take returns the next plaintext.
func (in *inbox) take() ([]byte, bool) {
	if len(in.opened) == 0 {
		return nil, false
	}
	in.taken = true
	plain := in.opened[0]
	in.opened = in.opened[1:]
	in.bytes -= len(plain)
	return plain, true
}

// gap reports whether later messages wait for an earlier one.
func (in *inbox) gap() bool { return len(in.sealed) > 0 }

// maxStrangers is how many messages of others than the peer are put up with.
const maxStrangers = 16

// strangers are the different messages of third sides. A server sends all of
// them again on each connection, which must not count again.
type strangers map[[32]byte]struct{}

// add notes a message and returns how many there were.
func (s strangers) add(msg wire.Message) int {
	s[sha256.Sum256([]byte(strconv.Quote(msg.Side)+strconv.Quote(msg.Phase)+msg.Body))] = struct{}{}
	return len(s)
}
