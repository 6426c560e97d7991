package rendezvous

import "strconv"

// An outbox keeps every message that we have put into the mailbox: a server
// that loses its memory needs them all again.
type outbox struct {
	all    []*ownMessage
	number int
}

type ownMessage struct {
	phase, body string
	here        bool // the server has sent it back on this connection
	ever        bool // … or on an earlier one
}

// next returns the phase of the next numbered message.
func (o *outbox) next() string {
	o.number++
	return strconv.Itoa(o.number - 1)
}

func (o *outbox) push(phase, body string) *ownMessage {
	own := &ownMessage{phase: phase, body: body}
	o.all = append(o.all, own)
	return own
}

// echo notes that the server has stored a message, and reports whether it was
// one of ours. Anybody in the mailbox can write under our side, so only the
// same body counts.
func (o *outbox) echo(phase, body string) bool {
	for _, own := range o.all {
		if own.phase == phase && own.body == body {
			own.here, own.ever = true, true
			return true
		}
	}
	return false
}

// echoed reports whether the server has a phase of ours.
func (o *outbox) echoed(phase string) bool {
	for _, own := range o.all {
		if own.phase == phase {
			return own.here
		}
	}
	return false
}

// kept reports whether a server has had a phase of ours.
func (o *outbox) kept(phase string) bool {
	for _, own := range o.all {
		if own.phase == phase {
			return own.ever
		}
	}
	return false
}

// forget makes everything unknown: the next connection may lead to a server
// that has lost it.
func (o *outbox) forget() {
	for _, own := range o.all {
		own.here = false
	}
}

// missing returns, in order, what the server hasn't sent back on this
// connection.
func (o *outbox) missing() []*ownMessage {
	var list []*ownMessage
	for _, own := range o.all {
		if !own.here {
			list = append(list, own)
		}
	}
	return list
}

// settle notes that the server has stored everything.
func (o *outbox) settle() {
	for _, own := range o.all {
		own.ever = true
	}
}

// unstored returns how many messages no server has ever sent back.
func (o *outbox) unstored() int {
	n := 0
	for _, own := range o.all {
		if !own.ever {
			n++
		}
	}
	return n
}
