package relay

import (
	"math/bits"
	"sync"
)

// A ledger tells what the server keeps in memory for its mailbox clients, and
// which of them it keeps most for, give or take a factor of two. Its methods may
// be called concurrently, and take constant time.
type ledger struct {
	limit int

	mu      sync.Mutex
	total   int
	classes [bits.UintSize + 1]map[*outbox]struct{} // by the length of the number of bytes
}

func newLedger(limit int) *ledger { return &ledger{limit: limit} }

// change says that what is kept for o has changed from one number of bytes to
// another.
func (l *ledger) change(o *outbox, from, to int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total += to - from
	old, now := bits.Len(uint(max(0, from))), bits.Len(uint(max(0, to)))
	if old == now {
		return
	}
	delete(l.classes[old], o)
	if now == 0 {
		return
	}
	if l.classes[now] == nil {
		l.classes[now] = make(map[*outbox]struct{})
	}
	l.classes[now][o] = struct{}{}
}

// excess returns one of those that most is kept for if it is too much for all
// together, and otherwise nil.
func (l *ledger) excess() *outbox {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total <= l.limit {
		return nil
	}
	for i := len(l.classes) - 1; i > 0; i-- {
		for o := range l.classes[i] {
			return o
		}
	}
	return nil
}

// sum returns how many bytes are kept for all together.
func (l *ledger) sum() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
