package natkind

import (
	"net/netip"
	"time"

	"sesame/internal/stun"
)

// TTLs that are tried. One of 1 ends in our own router, before that translates; one of 5
// is past three NATs in a row, and a router more.
const (
	MinTTL = 2
	maxTTL = 5
)

const (
	nearLead  = 5 * time.Millisecond // of what is to open the NATs, before the question
	nearPause = 200 * time.Millisecond
	nearTries = 3
	// nearSettle is how long a smaller TTL than one that was enough may take to be heard
	// of: they are tried at the same time.
	nearSettle = 100 * time.Millisecond
)

// A near finds out with which TTL a packet gets past the NATs of this side, and no
// further. It has no sockets and no clock.
//
//	socket, one for each TTL   anything, with that TTL  ──►  NATs, maybe        to port 2
//	                           Binding, CHANGE-REQUEST  ──►  server, port 1
//	                                                    ◄──  from port 2
//
// The answer gets in if the first packet has opened all NATs. A socket that has sent to
// port 2 with more before would prove nothing.
type near struct {
	first, second netip.AddrPort
	trials        []*trial
	settled       time.Time // when the smallest so far counts; zero before there is one
}

// A trial is one TTL.
type trial struct {
	ttl    int
	id     stun.ID
	tries  int
	asking bool // what opens has left, and the question is next
	due    time.Time
	ended  bool
	opened bool
}

// A short is a packet that leaves by a trial's socket, with a TTL that isn't 0.
type short struct {
	packet
	ttl int
}

func newNear(first, second netip.AddrPort, newID func() stun.ID, now time.Time) *near {
	n := &near{first: first, second: second}
	for ttl := MinTTL; ttl <= maxTTL; ttl++ {
		n.trials = append(n.trials, &trial{ttl: ttl, id: newID(), due: now})
	}
	return n
}

// step returns what is to be sent now.
func (n *near) step(now time.Time) (out []short) {
	for i, t := range n.trials {
		switch {
		case t.ended || now.Before(t.due):
		case t.asking:
			q := question{id: t.id, change: true}
			out = append(out, short{packet: packet{i, n.first, q.bytes()}})
			t.asking, t.due = false, now.Add(nearPause-nearLead)
		case t.tries == nearTries:
			t.ended = true
		default:
			out = append(out, short{packet{i, n.second, []byte{0}}, t.ttl})
			t.tries++
			t.asking, t.due = true, now.Add(nearLead)
		}
	}
	return out
}

// wake returns when step, or best, has something to do; the zero time when all is known.
func (n *near) wake(now time.Time) (at time.Time) {
	if now.Before(n.settled) {
		at = n.settled
	}
	for _, t := range n.trials {
		if !t.ended && (at.IsZero() || t.due.Before(at)) {
			at = t.due
		}
	}
	return at
}

// receive takes what arrived at a trial's socket.
func (n *near) receive(socket int, from netip.AddrPort, b []byte, now time.Time) {
	m, ok := parse(b)
	if t := n.trials[socket]; !ok || t.ended || from != n.second || t.tries == 0 || m.ID != t.id || m.Type != stun.BindingSuccess {
		return
	}
	if n.settled.IsZero() {
		n.settled = now.Add(nearSettle)
	}
	n.trials[socket].opened = true
	for _, t := range n.trials[socket:] { // more is no better
		t.ended = true
	}
}

// best returns the smallest TTL that has opened the NATs, 0 as long as none has, or a
// smaller one may.
func (n *near) best(now time.Time) int {
	for _, t := range n.trials {
		if t.opened && (t.ttl == MinTTL || !now.Before(n.settled)) {
			return t.ttl
		}
	}
	return 0
}
