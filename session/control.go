package session

import "bytes"

// controlWindow is how many bytes of control messages may be under way: sent,
// and not dealt with by the peer. Each counts perMessage bytes more than its body.
const (
	controlWindow = 4 << 20
	perMessage    = 64
	// largeMessage is how long a message is that only half of the window is for.
	largeMessage = 4 << 10
	// perAbort is left in the window for what comes in any case.
	perAbort = 16 << 10
)

// An outbox holds what this side tells the peer in control messages until the
// peer has dealt with it (doc/native.md §5.3). The lane that carried a message
// may be lost; then the message goes out again on another. It isn't safe for
// concurrent use.
type outbox struct {
	acked int64 // sequence number of msgs[0]
	msgs  []outgoing
	fresh int // index into msgs: all before are on some lane
	sent  int // index into msgs: those from here on never were on a lane
	bytes int
}

type outgoing struct {
	typ   Message
	body  []byte
	brief []byte // what is said by mailbox, if there is no lane at the end; nil for nothing
	lane  int    // that carried it last, 0 if it must be sent
}

// room reports whether another message of so many bytes fits in the window. A large
// one leaves half of it to others.
func (o *outbox) room(n int) bool {
	if n > largeMessage {
		return o.bytes+n+perMessage <= controlWindow/2
	}
	return o.bytes+n+perMessage <= controlWindow-perAbort
}

// add puts a message at the end, whose number it returns; body isn't copied. Whether
// there is room is for the caller to ask first.
func (o *outbox) add(typ Message, body, brief []byte) int64 {
	o.msgs = append(o.msgs, outgoing{typ: typ, body: body, brief: brief})
	o.bytes += len(body) + perMessage
	return o.acked + int64(len(o.msgs)) - 1
}

// empty reports whether the peer has dealt with everything.
func (o *outbox) empty() bool { return len(o.msgs) == 0 }

// has reports whether a message of a type waits or is under way.
func (o *outbox) has(typ Message) bool {
	for i := range o.msgs {
		if o.msgs[i].typ == typ {
			return true
		}
	}
	return false
}

// rest returns what the peer hasn't dealt with, in its order and in brief, as far as
// that has at most so many bytes of bodies.
func (o *outbox) rest(most int) (out []mailControl) {
	for i, m := range o.msgs {
		body := m.body
		if m.brief != nil {
			body = m.brief
		}
		if most -= len(body); most < 0 {
			break
		}
		out = append(out, mailControl{o.acked + int64(i), m.typ, body})
	}
	return out
}

// pending reports whether a message waits to be sent.
func (o *outbox) pending() bool {
	for o.fresh < len(o.msgs) && o.msgs[o.fresh].lane != 0 {
		o.fresh++
	}
	return o.fresh < len(o.msgs)
}

// appendTo appends frames to b, to be sent on a lane (not 0): one if there is
// one, and more as long as b stays within limit.
func (o *outbox) appendTo(b []byte, lane, limit int) []byte {
	for n := 0; o.pending(); n++ {
		m := &o.msgs[o.fresh]
		if n > 0 && len(b)+len(m.body)+controlRoom > limit {
			break
		}
		b = appendControl(b, o.acked+int64(o.fresh), m.typ, m.body)
		m.lane = lane
		o.sent = max(o.sent, o.fresh+1)
	}
	return b
}

// ack notes that the peer has dealt with everything before next. Less than
// what it said before is no news.
func (o *outbox) ack(next int64) error {
	n := next - o.acked
	switch {
	case n <= 0:
		return nil
	case n > int64(o.sent):
		return broken("acknowledges a control message that was never sent")
	}
	for i := range o.msgs[:n] {
		o.bytes -= len(o.msgs[i].body) + perMessage
	}
	clear(o.msgs[:n])
	o.msgs = o.msgs[n:] // not copied: a peer may acknowledge one at a time
	o.acked = next
	o.sent -= int(n)
	o.fresh = max(0, o.fresh-int(n))
	return nil
}

// lost notes that a lane is gone: what it carried last must be sent again.
func (o *outbox) lost(lane int) {
	for i := range o.msgs {
		if o.msgs[i].lane == lane {
			o.msgs[i].lane = 0
			o.fresh = min(o.fresh, i)
		}
	}
}

// An inbox brings the peer's control messages in order and drops what comes
// twice. It isn't safe for concurrent use.
type inbox struct {
	dealt int64 // sequence number of the first that hasn't been dealt with
	next  int64 // that of the first that hasn't arrived
	queue []incoming
	early map[int64]incoming // arrived before their turn
	bytes int
}

type incoming struct {
	typ  Message
	body []byte
}

// add takes a message from a lane; body is copied. It reports whether something
// can be taken now that couldn't before.
func (in *inbox) add(seq int64, typ Message, body []byte) (bool, error) {
	if seq < in.next {
		return false, nil
	}
	if _, twice := in.early[seq]; twice {
		return false, nil
	}
	size := len(body) + perMessage
	if seq-in.dealt > controlWindow/perMessage || in.bytes+size > controlWindow {
		return false, broken("sends more control messages than the window allows")
	}
	in.bytes += size
	m := incoming{typ, bytes.Clone(body)}
	if seq > in.next {
		if in.early == nil {
			in.early = make(map[int64]incoming)
		}
		in.early[seq] = m
		return false, nil
	}
	for ok := true; ok; m, ok = in.early[in.next] {
		delete(in.early, in.next)
		in.queue = append(in.queue, m)
		in.next++
	}
	return true, nil
}

// take returns the next message, which done must be called for before the next
// take.
func (in *inbox) take() (incoming, bool) {
	if len(in.queue) == 0 {
		return incoming{}, false
	}
	return in.queue[0], true
}

// done notes that the message that take returned has been dealt with.
func (in *inbox) done() {
	in.bytes -= len(in.queue[0].body) + perMessage
	in.queue[0] = incoming{}
	if in.queue = in.queue[1:]; len(in.queue) == 0 {
		in.queue = nil
	}
	in.dealt++
}
