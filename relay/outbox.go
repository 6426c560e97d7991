package relay

import (
	"sync"

	"sesame/internal/wire"
)

// An outbox holds what is to be sent to one mailbox client. It is bounded: a
// client that doesn't read loses its connection, not the server its memory.
// Bodies are shared with the mailbox they are in, and encoded one at a time.
type outbox struct {
	limit int
	hang  func()        // ends the connection; called at most once
	ready chan struct{} // has an element when there is something to send

	mu    sync.Mutex
	msgs  []wire.Message
	bytes int
	hung  bool
}

func newOutbox(limit int, hang func()) *outbox {
	return &outbox{limit: limit, hang: hang, ready: make(chan struct{}, 1)}
}

// put appends m. It doesn't block.
func (o *outbox) put(m wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hung {
		return
	}
	o.bytes += cost(m)
	if o.bytes > o.limit {
		o.hangLocked()
		return
	}
	o.msgs = append(o.msgs, m)
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// cost estimates the memory that m takes while it waits.
func cost(m wire.Message) int {
	return messageCost + len(m.Body) + len(m.Orig) + len(m.Pong) + 32*len(m.Nameplates)
}

// take removes and returns the first message.
func (o *outbox) take() (m wire.Message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.msgs) == 0 {
		o.msgs = nil
		return wire.Message{}, false
	}
	m = o.msgs[0]
	o.msgs = o.msgs[1:]
	o.bytes -= cost(m)
	return m, true
}

// hangUp ends the connection without sending what is left.
func (o *outbox) hangUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangLocked()
}

func (o *outbox) hangLocked() {
	if !o.hung {
		o.hung, o.msgs, o.bytes = true, nil, 0
		o.hang()
	}
}
