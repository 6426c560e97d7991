package relay

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// A transport is one client's end of a pipe: a byte stream over TCP or over a
// WebSocket. One goroutine reads and another writes.
type transport interface {
	io.Reader
	io.Writer
	CloseWrite() error // what was written arrives; then the client sees the end
	Close() error      // at once
	tcp() *net.TCPConn // for splicing; nil if it isn't one
}

// A pair is two transports that carry each other's bytes. Each client's own
// goroutine carries what that client sends.
type pair struct {
	a, b    transport
	started chan struct{} // closed when both have been told, or failed is set
	failed  bool
	over    chan struct{} // closed when both directions have ended

	idle  time.Duration
	moved atomic.Int64 // when bytes last moved, in Unix nanoseconds
	ended atomic.Int32 // directions that have ended
	watch *time.Timer  // guarded by pipesMu, like its callback
}

const (
	// chunk is how many bytes are spliced before the pair counts as alive again.
	chunk = 4 << 20
	// lastWords is how long a pair may idle when one direction has ended.
	lastWords = time.Minute
	// drainTime is how long we listen to a client whose partner is gone, so
	// that it can read what was sent to it before we close.
	drainTime = 5 * time.Second
)

// relay serves one pipe client that has said its line. It returns when the
// connection is closed.
func (s *Server) relay(t transport, source, token, side string) {
	defer t.Close()
	w := &waiter{token: token, side: side, source: source, since: time.Now(), conn: t}
	for {
		s.pipesMu.Lock()
		if s.stopping() {
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
			s.await(w)
			return
		case s.begin(w.pair):
			s.run(w.pair, partner.conn, t, nil)
			return
		}
	}
}

// await waits for w's partner, and for bytes: before there is a partner they
// are a mistake, afterwards they are the first to be carried.
func (s *Server) await(w *waiter) {
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
			turnAway(w.conn, lineImpatient)
		}
		return
	}
	if <-p.started; !p.failed {
		s.run(p, p.b, p.a, buf[:n])
	}
}

// newPair returns the pair of a, who has waited, and b. pipesMu is held.
func (s *Server) newPair(a, b transport) *pair {
	p := &pair{a: a, b: b, started: make(chan struct{}), over: make(chan struct{}), idle: s.limits.PairIdle}
	p.touch()
	p.watch = time.AfterFunc(p.idle, func() { s.check(p) })
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
	_, err := p.a.Write([]byte(lineOK))
	if err == nil {
		p.b.Write([]byte(lineOK)) // if that fails, reading from b fails too
	} else {
		p.failed = true
		s.endPair(p)
	}
	close(p.started)
	return err == nil
}

// run carries what src sends, beginning with first. It returns when both
// directions have ended.
func (s *Server) run(p *pair, dst, src transport, first []byte) {
	err := p.carry(dst, src, first)
	dst.CloseWrite()
	if err != nil {
		drain(src, drainTime)
	}
	if p.ended.Add(1) == 2 {
		s.endPair(p)
		return
	}
	p.touch()
	s.pipesMu.Lock()
	if _, running := s.pairs[p]; running {
		p.watch.Reset(min(p.idle, lastWords))
	}
	s.pipesMu.Unlock()
	<-p.over
}

// carry copies from src to dst until src ends. Between two kernel sockets the
// bytes don't pass through this process.
func (p *pair) carry(dst, src transport, first []byte) error {
	if len(first) > 0 {
		if _, err := dst.Write(first); err != nil {
			return err
		}
		p.touch()
	}
	if d, s := dst.tcp(), src.tcp(); d != nil && s != nil {
		return p.splice(d, s)
	}
	buf := make([]byte, maxMessage)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
			p.touch()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// splice is carry for TCP. The read deadline only interrupts it so that slow
// transfers are seen to be alive. There is no write deadline: it could hit
// bytes that have been read but not written.
func (p *pair) splice(dst, src *net.TCPConn) error {
	for {
		src.SetReadDeadline(time.Now().Add(p.idle / 4))
		n, err := dst.ReadFrom(&io.LimitedReader{R: src, N: chunk})
		if n > 0 {
			p.touch()
		}
		switch {
		case err == nil && n < chunk:
			return nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
	}
}

// touch notes that bytes have moved.
func (p *pair) touch() { p.moved.Store(time.Now().UnixNano()) }

// check ends p if nothing has moved for too long, and otherwise comes back.
func (s *Server) check(p *pair) {
	s.pipesMu.Lock()
	defer s.pipesMu.Unlock()
	if _, running := s.pairs[p]; !running {
		return
	}
	limit := p.idle
	if p.ended.Load() > 0 {
		limit = min(limit, lastWords)
	}
	quiet := time.Since(time.Unix(0, p.moved.Load()))
	if quiet < limit {
		p.watch.Reset(limit - quiet)
		return
	}
	s.log.Debug("cut an idle pair of pipes")
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
