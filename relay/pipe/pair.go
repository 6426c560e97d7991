package relay

import (
	"context"
	"io"
	"maps"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"sesame/internal/wire"
	"sesame/relay/door"
)

// A transport is one client's end of a pipe: a byte stream over TCP or over a
// WebSocket. One goroutine reads and another writes.
type transport interface {
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
	a, b    transport
	flows   [2]*flow      // what a sends, what b sends
	started chan struct{} // closed when both have been told, or failed is set
	failed  bool
	over    chan struct{} // closed when both directions have ended
	left    atomic.Int32  // directions that have not ended
	watch   *time.Timer   // guarded by pipesMu, like its callback
}

// drainTime is how long we listen to a client whose partner is gone, so that
// it can read what was sent to it before we close.
const drainTime = 5 * time.Second

// relay serves one pipe client that has said its line. It returns when the
// connection is closed.
func (s *Server) relay(t transport, c *client, token, side string) {
	defer t.Close()
	w := &waiter{token: token, side: side, source: c.source(), since: time.Now(), conn: t}
	for {
		s.pipesMu.Lock()
		if s.stopping() || hasLeft(t) {
			s.pipesMu.Unlock()
			return
		}
		partner, gone, accepted := s.pipes.arrive(w)
		if partner != nil {
			w.pair = s.newPair(partner.conn, t)
			partner.pair = w.pair
		}
		s.pipesMu.Unlock()
		killAll(gone)
		switch {
		case !accepted:
			return
		case partner == nil:
			c.uses(door.Waiting)
			s.await(w, c)
			return
		case s.begin(w.pair):
			c.uses(door.Carrying)
			s.run(w.pair, w.pair.flows[1], nil)
			return
		}
	}
}

// await waits for w's partner, and for bytes: before there is a partner they
// are a mistake, afterwards they are the first to be carried.
func (s *Server) await(w *waiter, c *client) {
	buf := make([]byte, 128)
	n, _ := w.conn.Read(buf) // an error comes back with the next read
	s.pipesMu.Lock()
	p := w.pair
	if p == nil {
		s.pipes.leave(w)
	}
	s.pipesMu.Unlock()
	if p == nil {
		if n > 0 {
			turnAway(w.conn, wire.Impatient)
		}
		return
	}
	if <-p.started; !p.failed {
		c.uses(door.Carrying)
		s.run(p, p.flows[0], buf[:n])
	}
}

// newPair returns the pair of a, who has waited, and b. pipesMu is held.
func (s *Server) newPair(a, b transport) *pair {
	p := &pair{a: a, b: b, started: make(chan struct{}), over: make(chan struct{})}
	now := time.Now()
	p.flows = [2]*flow{{dst: b, src: a, space: s.space, born: now}, {dst: a, src: b, space: s.space, born: now}}
	p.left.Store(2)
	p.watch = time.AfterFunc(s.live.limits().nextCheck(), func() { s.check(p) })
	s.pairs[p] = struct{}{}
	return p
}

// endPair forgets p.
func (s *Server) endPair(p *pair) {
	s.pipesMu.Lock()
	defer s.pipesMu.Unlock()
	p.watch.Stop()
	delete(s.pairs, p)
	close(p.over)
}

// begin tells both clients that they are connected. It reports false, and ends
// the pair, if the one who waited has gone; the other may look for a new
// partner then.
func (s *Server) begin(p *pair) bool {
	err := io.EOF
	if !hasLeft(p.a) {
		_, err = p.a.Write([]byte(wire.Joined))
	}
	if err == nil {
		p.b.Write([]byte(wire.Joined)) // if that fails, reading from b fails too
	} else {
		p.failed = true
		s.endPair(p)
	}
	close(p.started)
	return err == nil
}

// hasLeft reports whether a client that has no partner yet has ended its
// connection. Who is paired with one nevertheless finds that out from it.
func hasLeft(t transport) bool {
	c := t.socket()
	return c != nil && hasEnded(c)
}

// run carries what the source of f sends, beginning with first. It returns when
// both directions have ended.
func (s *Server) run(p *pair, f *flow, first []byte) {
	err := f.carry(first)
	f.dst.CloseWrite()
	if err != nil {
		drain(f.src, drainTime)
	}
	f.touch()
	f.ended.Store(true)
	if p.left.Add(-1) == 0 {
		s.endPair(p)
		return
	}
	s.pipesMu.Lock()
	if _, running := s.pairs[p]; running {
		p.watch.Reset(s.live.limits().nextCheck())
	}
	s.pipesMu.Unlock()
	<-p.over
}

// check cuts p if it is time for that, and otherwise comes back.
func (s *Server) check(p *pair) {
	s.pipesMu.Lock()
	defer s.pipesMu.Unlock()
	if _, running := s.pairs[p]; !running {
		return
	}
	reason, next := s.live.limits().judge(p.flows[0].pulse(), p.flows[1].pulse())
	if reason == "" {
		p.watch.Reset(next)
		return
	}
	s.log.Debug("cut " + reason)
	go p.kill()
}

// kill closes both ends at once.
func (p *pair) kill() {
	p.a.Close()
	p.b.Close()
}

func killAll(ws []*waiter) {
	for _, w := range ws {
		w.conn.Close()
	}
}

// drain reads and discards what t still sends, for a while.
func drain(t transport, d time.Duration) {
	if c := t.tcp(); c != nil {
		c.SetReadDeadline(time.Time{})
	}
	stop := time.AfterFunc(d, func() { t.Close() })
	defer stop.Stop()
	io.Copy(io.Discard, t)
}

// turnAway tells a client why it isn't served and closes its connection. It
// lets the client close first if it is quick, because closing with unread
// bytes would destroy the answer.
func turnAway(t transport, line string) {
	defer t.Close()
	if _, err := io.WriteString(t, line); err == nil {
		t.CloseWrite()
		drain(t, time.Second)
	}
}

// hangUpWaiting closes the pipes that wait.
func (s *Server) hangUpWaiting() {
	s.pipesMu.Lock()
	gone := s.pipes.clear()
	s.pipesMu.Unlock()
	killAll(gone)
}

// drainPairs waits until all pairs have ended or ctx has.
func (s *Server) drainPairs(ctx context.Context) error {
	for _, p := range s.running() {
		select {
		case <-p.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *Server) killPairs() {
	for _, p := range s.running() {
		p.kill()
	}
}

func (s *Server) running() []*pair {
	s.pipesMu.Lock()
	defer s.pipesMu.Unlock()
	return slices.Collect(maps.Keys(s.pairs))
}
