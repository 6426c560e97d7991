package pipe

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"sesame/internal/wire"
)

// A Transport is one client's end of a pipe: a byte stream over TCP or over a
// WebSocket. One goroutine reads and another writes. OverTCP and OverWebSocket make them.
type Transport interface {
	io.Reader
	io.Writer
	// next waits for bytes and then reads them into a buffer of the pool,
	// which is to be given back even after an error.
	next(*buffers) ([]byte, error)
	CloseWrite() error    // what was written arrives; then the client sees the end
	Close() error         // at once
	tcp() *net.TCPConn    // what bytes can go through as they are; nil if there is none
	socket() *net.TCPConn // what it all runs on; nil if that isn't known
}

// A pair is two transports that carry each other's bytes. Each client's own
// goroutine carries what that client sends.
type pair struct {
	a, b    Transport
	cut     chan struct{} // closed when it is to end at once
	once    sync.Once     // for cut
	flows   [2]*flow      // what a sends, what b sends
	started chan struct{} // closed when both have been told, or failed is set
	failed  bool
	over    chan struct{} // closed when both directions have ended
	left    atomic.Int32  // directions that have not ended
	watch   watch
}

// drainTime is how long we listen to a client whose partner is gone, so that
// it can read what was sent to it before we close.
const drainTime = 5 * time.Second

// newPair returns the pair of a, who has waited, and b.
func newPair(a, b *guest, s *space) *pair {
	p := &pair{a: a.conn, b: b.conn, cut: make(chan struct{}), started: make(chan struct{}), over: make(chan struct{})}
	now, costs := time.Now(), newAccount(a.source, b.source)
	p.flows = [2]*flow{
		{dst: p.b, src: p.a, to: b.source, space: s, costs: costs, cut: p.cut, born: now},
		{dst: p.a, src: p.b, to: a.source, space: s, costs: costs, cut: p.cut, born: now},
	}
	p.left.Store(2)
	return p
}

// tell tells both clients that they are connected. It reports false if the one who waited
// has gone.
func (p *pair) tell() bool {
	if hasLeft(p.a) {
		return false
	}
	if _, err := p.a.Write([]byte(wire.Joined)); err != nil {
		return false
	}
	p.b.Write([]byte(wire.Joined)) // if that fails, reading from b fails too
	return true
}

// burden returns how many bytes of memory are full of what isn't taken, for the client that
// doesn't take most of it.
func (p *pair) burden() burden {
	all := burden{pair: p}
	most := 0
	for _, f := range p.flows {
		n := f.holds()
		if all.bytes += n; n > most {
			most, all.of = n, f.to
		}
	}
	return all
}

// kill closes both ends at once.
func (p *pair) kill() {
	p.once.Do(func() { close(p.cut) })
	p.a.Close()
	p.b.Close()
}

// A watch looks at something from time to time, until it is over. It may be used
// concurrently.
type watch struct {
	mu    sync.Mutex
	timer *time.Timer // nil before the start and when it is over
}

// start has look called after a time, and again after what it returns, unless that is 0.
func (w *watch) start(after time.Duration, look func() (next time.Duration)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(after, func() {
		if next := look(); next > 0 {
			w.again(next)
		}
	})
}

// again has the next look come after a time.
func (w *watch) again(after time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Reset(after)
	}
}

// stop ends it.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// hasLeft reports whether a client that has no partner yet has ended its
// connection. Who is paired with one nevertheless finds that out from it.
func hasLeft(t Transport) bool {
	c := t.socket()
	return c != nil && hasEnded(c)
}

// drain reads and discards what t still sends, for a while.
func drain(t Transport, d time.Duration) {
	if c := t.tcp(); c != nil {
		c.SetReadDeadline(time.Time{})
	}
	stop := time.AfterFunc(d, func() { t.Close() })
	defer stop.Stop()
	io.Copy(io.Discard, t)
}

// TurnAway tells a client why it isn't served and closes its connection. It
// lets the client close first if it is quick, because closing with unread
// bytes would destroy the answer.
func TurnAway(t Transport, line string) {
	defer t.Close()
	if _, err := io.WriteString(t, line); err == nil {
		t.CloseWrite()
		drain(t, time.Second)
	}
}
