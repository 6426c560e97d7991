package duo

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"sesame/transit"
)

// Lanes are one side's lanes, with the methods of transit.Lanes. They come up once
// both sides have started.
type Lanes struct {
	duo     *Duo
	in      chan *Lane
	gone    chan struct{}
	once    sync.Once
	started atomic.Bool
	held    held
}

// held are the ends of lanes that a side has had.
type held struct {
	mu  sync.Mutex
	all []*Lane
}

func newLanes(d *Duo) *Lanes {
	return &Lanes{duo: d, in: make(chan *Lane, 64), gone: make(chan struct{})}
}

func (e *Lanes) Hints() []transit.Hint          { return nil }
func (e *Lanes) Refresh() ([]transit.Hint, int) { return nil, 0 }
func (e *Lanes) Changed() <-chan struct{}       { return nil }
func (e *Lanes) Moved() <-chan struct{}         { return nil }
func (e *Lanes) Refused() bool                  { return e.duo.Refused.Load() }
func (e *Lanes) NoPath() *transit.NoPathError   { return &transit.NoPathError{} }
func (e *Lanes) Relay(bool)                     {}
func (e *Lanes) AddHints([]transit.Hint, int)   { e.duo.Rehints.Add(1) }

func (e *Lanes) Start(func(string, int) []byte, []transit.Hint) {
	e.started.Store(true)
	e.duo.dial()
}

// Next waits for a lane.
func (e *Lanes) Next(ctx context.Context) (*Lane, error) {
	select {
	case l := <-e.in:
		return l, nil
	case <-e.gone:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends all lanes, of which there will be no more.
func (e *Lanes) Close() error {
	e.once.Do(func() { close(e.gone) })
	e.duo.end()
	for _, l := range e.held.list() {
		l.Close()
	}
	return nil
}

func (e *Lanes) hold(l *Lane) {
	e.held.add(l)
	e.in <- l
}

// living returns how many lanes neither side has closed.
func (e *Lanes) living() (n int) {
	for _, l := range e.held.list() {
		if !l.Closed() {
			n++
		}
	}
	return n
}

func (h *held) add(l *Lane) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, l)
}

func (h *held) list() []*Lane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}
