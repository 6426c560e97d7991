package relay

import (
	"sync"

	"sesame/internal/wire"
	"sesame/relay/mailbox"
	"sesame/relay/source"
)

// An outbox holds what is to be sent to one mailbox client, and accounts for
// what else the server keeps in memory for it. It is bounded: a client that
// doesn't read loses its connection, not the server its memory. Bodies are
// shared with the mailbox they are in, and encoded one at a time.
type outbox struct {
	limit int
	all   *ledger // of all outboxes
	kept  *source.Weight[*outbox]
	hang  func()        // ends the connection; called at most once
	wake  func()        // has somebody send what there is, until there is no more; it doesn't wait for that
	roomy chan struct{} // has an element when something has been sent

	mu      sync.Mutex
	msgs    []wire.Message
	bytes   int
	hung    bool
	due     bool           // there is more for who sends already
	sending bool           // somebody does
	senders sync.WaitGroup // that one
}

// enough is how many bytes may wait for a client before nothing more is read
// from it: answers to what a client asks can't pile up.
const enough = 256 << 10

// newOutbox returns that of a client from a source. In the end hangUp has to be called.
func newOutbox(limit int, all *ledger, from source.Source, hang, wake func()) *outbox {
	o := &outbox{limit: limit, all: all, hang: hang, wake: wake, roomy: make(chan struct{}, 1)}
	o.kept = all.join(from, o)
	return o
}

// put appends m; now says that it is to be sent now, with what waits before it. It
// doesn't block.
func (o *outbox) put(m wire.Message, now bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hung {
		return
	}
	if o.bytes+cost(m) > o.limit {
		o.hangLocked()
		return
	}
	o.hold(cost(m))
	o.msgs = append(o.msgs, m)
	if now {
		o.sendLocked()
	}
}

// sendLocked has what waits be sent.
func (o *outbox) sendLocked() {
	if o.due = o.sending; !o.sending {
		o.sending = true
		o.senders.Add(1)
		o.wake()
	}
}

// more reports whether who sends has to go on. If not, he is done: the next one is woken when there is
// something again.
func (o *outbox) more() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.due && !o.hung {
		o.due = false
		return true
	}
	o.sending = false
	o.senders.Done()
	return false
}

// cost estimates the memory that m takes while it waits.
func cost(m wire.Message) int {
	return mailbox.MessageCost + len(m.Body) + len(m.Orig) + len(m.Pong) + 32*len(m.Nameplates)
}

// take removes and returns the first message. It counts until sent is called
// with it.
func (o *outbox) take() (m wire.Message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.msgs) == 0 {
		o.msgs = nil
		return wire.Message{}, false
	}
	m, o.msgs[0] = o.msgs[0], wire.Message{}
	o.msgs = o.msgs[1:]
	return m, true
}

// sent says that m, which was taken, is on its way, and that what was charged for it in
// another form is no more.
func (o *outbox) sent(m wire.Message, charged int) {
	o.charge(-cost(m) - charged)
	signal(o.roomy)
}

// nudge has what waits be sent now, if anything does.
func (o *outbox) nudge() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.msgs) > 0 {
		o.sendLocked()
	}
}

// charge counts n bytes that are kept for the client elsewhere, or are no more.
func (o *outbox) charge(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.hung {
		o.hold(n)
	}
}

// size returns how many bytes are kept for the client.
func (o *outbox) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

func (o *outbox) hold(n int) {
	o.bytes += n
	o.all.change(o.kept, o.bytes)
}

// hangUp ends the connection without sending what is left. From then on
// nothing is counted for it.
func (o *outbox) hangUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangLocked()
}

func (o *outbox) hangLocked() {
	if !o.hung {
		o.bytes = 0
		o.all.leave(o.kept)
		o.hung, o.msgs = true, nil
		o.hang()
	}
}

// rest waits until nobody sends any more. It has been hung up.
func (o *outbox) rest() { o.senders.Wait() }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
