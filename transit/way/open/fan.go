package open

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sesame/transit/way"
)

// This file is further lanes beside one that both sides have opened. Between two ports
// there is one connection, so the leader takes another port for each, and tells the peer
// what it looks like; the peer dials it at once, from its own one, and so do we, later
// (doc/native.md §10.4).

// Times and limits of further ports.
const (
	maxFurther   = way.MaxLanes - 1
	furtherTotal = 2 * maxFurther         // ports in a session
	furtherVain  = 8                      // ports of which nothing came, one after another, and that's enough
	furtherWait  = 800 * time.Millisecond // from telling the peer on, in which its NAT opens: SYNs that cross would spoil BBR's round trip
)

var errNoFurther = errors.New("no further port leads to the other side")

// A fan is the further ports of the leader. Its methods may be called from several
// goroutines.
type fan struct {
	at      *way.Site
	ctx     context.Context
	changed chan<- struct{}

	mu     sync.Mutex
	spread spread
}

// A spread is what the lock of a fan guards.
type spread struct {
	named   []*named
	opening int // doors of which isn't known yet what they look like
	total   int
	vain    int
}

// A named port is one that the peer is told of.
type named struct {
	outside netip.AddrPort
	told    chan struct{} // closed when that is on its way
	said    bool
}

// dial connects with the peer's port from a further one of ours.
func (f *fan) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if !f.begin() {
		return nil, errNoFurther
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.ctx, cancel)()
	d, err := openDoor(ctx, f.at, to.Addr())
	if err != nil {
		f.name(nil)
		return nil, err
	}
	defer d.close()
	n := &named{outside: d.outside, told: make(chan struct{})}
	f.name(n)
	defer f.forget(n)
	select {
	case <-n.told:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conns := make(chan net.Conn, 2)
	d.meet(ctx, to, time.Now().Add(furtherWait), DialTime, func(conn net.Conn) { conns <- conn })
	close(conns)
	conn := <-conns
	for other := range conns {
		other.Close()
	}
	if f.came(conn != nil); conn == nil {
		return nil, errNoFurther
	}
	return conn, nil
}

// begin reports whether there may be another port.
func (f *fan) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.spread
	if s.total == furtherTotal || s.vain >= furtherVain {
		return false
	}
	s.total++
	s.opening++
	return true
}

// name has the peer told of a port, or of none, together with those that are being opened
// at the same time.
func (f *fan) name(n *named) {
	f.mu.Lock()
	s := &f.spread
	s.opening--
	if n != nil {
		s.named = append(s.named, n)
	}
	ready := s.opening == 0 && len(s.named) > 0
	f.mu.Unlock()
	if ready {
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
}

// forget is the end of name. The peer isn't told: it tries a few times only.
func (f *fan) forget(n *named) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spread.named = slices.DeleteFunc(f.spread.named, func(o *named) bool { return o == n })
}

// came notes what became of a port.
func (f *fan) came(connected bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spread.vain++; connected {
		f.spread.vain = 0
	}
}

// hints are the ports of which the peer is to be told.
func (f *fan) hints() (hints []way.Hint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.spread.named {
		h := way.AddressHint(typeOpen, n.outside)
		h.Further = true
		hints = append(hints, h)
	}
	return hints
}

// tell notes that a message with these hints is on its way.
func (f *fan) tell(hints []way.Hint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := way.Addresses(typeOpen, hints)
	for _, n := range f.spread.named {
		if !n.said && slices.Contains(told, n.outside) {
			n.said = true
			close(n.told)
		}
	}
}
