package relay

import (
	"sync"

	"sesame/relay/source"
)

// A ledger tells what the server keeps in memory for its mailbox clients, and
// which of them it keeps most for, of the source for which it keeps most. Its methods may
// be called concurrently, and take constant time.
type ledger struct {
	limit int

	mu   sync.Mutex
	kept *source.Weights[*outbox]
}

func newLedger(limit int) *ledger {
	return &ledger{limit: limit, kept: source.NewWeights[*outbox]()}
}

// join returns the place of an outbox in it.
func (l *ledger) join(s source.Source, o *outbox) *source.Weight[*outbox] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.Join(s, o)
}

// change says how many bytes are kept for an outbox now.
func (l *ledger) change(w *source.Weight[*outbox], bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Set(w, bytes)
}

// leave says that an outbox is no more.
func (l *ledger) leave(w *source.Weight[*outbox]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Leave(w)
}

// excess returns one of those that has to go if too much is kept for all
// together, and otherwise nil.
func (l *ledger) excess() *outbox {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept.Total() <= l.limit {
		return nil
	}
	if w := l.kept.Heaviest(); w != nil {
		return w.Of
	}
	return nil
}

// sum returns how many bytes are kept for all together.
func (l *ledger) sum() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.Total()
}
