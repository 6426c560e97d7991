package transit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sesame/internal/neterr"
	"sesame/transit/way"
)

// How long and how much close reads of what the peer still sends.
const (
	drainTime  = 2 * time.Second
	drainBytes = 8 << 20
)

// A stream counts the bytes of a connection, bounds every wait, and closes it
// gently.
type stream struct {
	raw                 net.Conn
	begun               time.Time
	readIdle, writeIdle atomic.Int64 // time.Durations
	received, sent      atomic.Int64
	heard               atomic.Int64 // when the last byte arrived: nanoseconds since begun

	reading, writing sync.Mutex // held while a call is under way

	mu    sync.Mutex // for setting deadlines, too
	state state
}

// A state is how far a stream has come to its end. The stream's lock guards it.
type state struct {
	closed bool
	broken bool      // a write failed, so the peer can't be told anything
	ended  bool      // the peer has said that nothing more comes
	limit  time.Time // for all writes, if it isn't zero
}

func newStream(raw net.Conn) *stream { return &stream{raw: raw, begun: time.Now()} }

// setIdle sets how long a read and a write wait for a byte to move, from the
// next wait on; 0 or less is for ever.
func (s *stream) setIdle(read, write time.Duration) {
	s.readIdle.Store(int64(max(read, 0)))
	s.writeIdle.Store(int64(max(write, 0)))
}

// silent returns how long nothing has arrived.
func (s *stream) silent() time.Duration {
	return time.Since(s.begun) - time.Duration(s.heard.Load())
}

// Read is for one goroutine at a time.
func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	disarm, err := s.arm(s.raw.SetReadDeadline, &s.readIdle, false)
	if err != nil {
		return 0, err
	}
	n, err := s.raw.Read(p)
	disarm()
	if n > 0 {
		s.received.Add(int64(n))
		s.heard.Store(int64(time.Since(s.begun)))
	}
	return n, s.explain(err, &s.readIdle)
}

// Write is for one goroutine at a time. It fails when nothing of p could be
// written for as long as the idle time, or twice that in the middle of p.
func (s *stream) Write(p []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		disarm, err := s.arm(s.raw.SetWriteDeadline, &s.writeIdle, true)
		if err != nil {
			return n, err
		}
		k, err := s.raw.Write(p[n:min(len(p), n+s.piece())])
		disarm()
		s.sent.Add(int64(k))
		n += k
		if err != nil && (k == 0 || !errors.Is(err, os.ErrDeadlineExceeded) || s.late()) {
			s.mu.Lock()
			s.state.broken = true
			s.mu.Unlock()
			return n, s.explain(err, &s.writeIdle)
		}
		if n == len(p) {
			return n, nil
		}
	}
}

// piece returns how much is written under one deadline.
func (s *stream) piece() int {
	if pieced, ok := s.raw.(way.Pieced); ok {
		return pieced.Piece()
	}
	return 1 << 30
}

// hurry bounds all writes from now on, that which is under way included.
func (s *stream) hurry(limit time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.limit.IsZero() && !s.state.closed {
		s.state.limit = limit
		s.raw.SetWriteDeadline(limit)
	}
}

// late reports whether hurry's limit has passed.
func (s *stream) late() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.state.limit.IsZero() && !time.Now().Before(s.state.limit)
}

// arm bounds the call that follows, or refuses it. After that call the caller calls
// disarm.
func (s *stream) arm(set func(time.Time) error, idle *atomic.Int64, write bool) (disarm func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.closed {
		return nil, net.ErrClosed
	}
	var until time.Time
	if write {
		until = s.state.limit
	}
	set(until) // an error will be one of the call too, which says more
	d := time.Duration(idle.Load())
	if d <= 0 {
		return func() {}, nil
	}
	w := &wait{s: s, vigil: newVigil(d, time.Now()), end: func() { set(time.Unix(1, 0)) }}
	w.timer = time.AfterFunc(min(d, vigilBeat), w.look)
	return w.stop, nil
}

// A wait ends a call of a stream that takes too long. The stream's lock guards it.
type wait struct {
	s     *stream
	vigil *vigil
	timer *time.Timer
	end   func()
	over  bool
}

// look ends the call if it is time.
func (w *wait) look() {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if w.over || w.s.state.closed {
		return
	}
	if again := w.vigil.look(time.Now()); again > 0 {
		w.timer.Reset(again)
		return
	}
	w.end()
}

// stop notes that the call is over.
func (w *wait) stop() {
	w.s.mu.Lock()
	w.over = true
	w.s.mu.Unlock()
	w.timer.Stop()
}

// explain names the reason of a wait that ended.
func (s *stream) explain(err error, idle *atomic.Int64) error {
	if err == nil || err == io.EOF {
		return err
	}
	s.mu.Lock()
	closed := s.state.closed
	s.mu.Unlock()
	switch {
	case closed:
		return net.ErrClosed
	case neterr.Is(err, neterr.TimedOut):
		return fmt.Errorf("no data for %d s: %w", int(time.Duration(idle.Load()).Seconds()), os.ErrDeadlineExceeded)
	}
	return err
}

// finished notes that the peer has said its last word, which spares close the
// wait for it.
func (s *stream) finished() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.ended = true
}

// close ends the connection as Conn.Close says.
func (s *stream) close() error {
	s.mu.Lock()
	if s.state.closed {
		s.mu.Unlock()
		return nil
	}
	s.state.closed = true
	broken, ended := s.state.broken, s.state.ended
	finisher, _ := s.raw.(way.Gentle)
	if finisher == nil {
		s.raw.SetDeadline(time.Unix(1, 0)) // wakes waiting calls
	}
	s.mu.Unlock()

	if broken || !s.writing.TryLock() {
		return s.raw.Close()
	}
	s.writing.Unlock()
	if finisher != nil {
		// A read that waits may go on: it sees how the other end answers, and
		// waking it would break the WebSocket before that.
		finisher.Finish()
		return nil
	}
	s.reading.Lock() // the call under way leaves, and arm lets in no other
	s.reading.Unlock()
	s.raw.SetDeadline(time.Now().Add(drainTime))
	if raw, ok := s.raw.(way.Halved); ok && !ended && raw.CloseWrite() == nil {
		// Closing with unread data would reset the connection, and the
		// reset could overtake our last record.
		io.CopyN(io.Discard, s.raw, drainBytes)
	}
	return s.raw.Close()
}
