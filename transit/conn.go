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

	"sesame/transit/record"
)

// How long and how much Close reads of what the peer still sends.
const (
	drainTime  = 2 * time.Second
	drainBytes = 8 << 20
)

// A Conn is an encrypted connection with the peer that carries records. One
// goroutine may read while another writes; Close, SetIdle, Counts and Path may
// be called at any time.
type Conn struct {
	s    *stream
	w    *record.Writer
	r    *record.Reader
	path Path
}

func newConn(raw net.Conn, path Path, key []byte, role Role, idle time.Duration) *Conn {
	c := &Conn{s: &stream{raw: raw}, path: path}
	c.SetIdle(idle)
	write, read := recordKeys(key, role)
	c.w = record.NewWriter(c.s, write)
	c.r = record.NewReader(c.s, read, 0)
	return c
}

// ReadRecord returns the next record, valid until the next call. It returns
// io.EOF if the peer ended the connection between two records, whether or not
// it was done; other errors wrap record.ErrDamaged, record.ErrTruncated,
// os.ErrDeadlineExceeded (no byte within the idle time), net.ErrClosed (Close
// was called) or an error of the network. Errors are final.
func (c *Conn) ReadRecord() ([]byte, error) {
	return c.r.ReadRecord()
}

// WriteRecord sends p, of at most record.MaxSize bytes, as one record. Errors
// are as those of ReadRecord. Classic peers send 16 KiB and read more.
func (c *Conn) WriteRecord(p []byte) error {
	return c.w.WriteRecord(p)
}

// Path returns how the peer was reached.
func (c *Conn) Path() Path { return c.path }

// Counts returns how many bytes have crossed the network in each direction
// since the connection was decided on.
func (c *Conn) Counts() (received, sent int64) {
	return c.s.received.Load(), c.s.sent.Load()
}

// SetIdle sets how long a read or a write waits for a byte to move; 0 or less
// waits for ever. It applies from the next wait on: a caller that expects the
// peer to work in silence (unpacking, say) raises it before it reads.
func (c *Conn) SetIdle(d time.Duration) {
	c.s.idle.Store(int64(max(d, 0)))
}

// Close ends the connection so that the peer can still read what was written:
// it says that nothing more comes, and reads on until the peer says so too, for
// two seconds at most. Reads and writes that are waiting in other goroutines
// return at once; if there is such a write the connection is just dropped.
func (c *Conn) Close() error { return c.s.close() }

// A stream counts the bytes of a connection, bounds every wait, and closes it
// gently.
type stream struct {
	raw            net.Conn
	idle           atomic.Int64 // a time.Duration
	received, sent atomic.Int64

	reading, writing sync.Mutex // held while a call is under way

	mu     sync.Mutex // for what follows, and for setting deadlines
	closed bool
	broken bool // a write failed, so the peer can't be told anything
}

// Read is for one goroutine at a time.
func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if err := s.arm(s.raw.SetReadDeadline); err != nil {
		return 0, err
	}
	n, err := s.raw.Read(p)
	s.received.Add(int64(n))
	return n, s.explain(err)
}

// Write is for one goroutine at a time.
func (s *stream) Write(p []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		if err := s.arm(s.raw.SetWriteDeadline); err != nil {
			return n, err
		}
		// In pieces, so that a large record on a slow line isn't taken for a
		// standstill.
		k, err := s.raw.Write(p[n:min(len(p), n+64<<10)])
		s.sent.Add(int64(k))
		n += k
		if err != nil {
			s.mu.Lock()
			s.broken = true
			s.mu.Unlock()
			return n, s.explain(err)
		}
		if n == len(p) {
			return n, nil
		}
	}
}

// arm sets the deadline of the call that follows, or refuses it.
func (s *stream) arm(set func(time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	// An error of set will be one of the call too, which says more.
	if d := time.Duration(s.idle.Load()); d > 0 {
		set(time.Now().Add(d))
	} else {
		set(time.Time{})
	}
	return nil
}

// explain names the reason of a wait that ended.
func (s *stream) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	var timeout net.Error
	switch {
	case closed:
		return net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("no data for %d s: %w", int(time.Duration(s.idle.Load()).Seconds()), os.ErrDeadlineExceeded)
	}
	return err
}

func (s *stream) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	broken := s.broken
	s.raw.SetDeadline(time.Unix(1, 0)) // wakes waiting calls
	s.mu.Unlock()

	if broken || !s.writing.TryLock() {
		return s.raw.Close()
	}
	s.writing.Unlock()
	s.reading.Lock() // the call under way leaves, and arm lets in no other
	s.reading.Unlock()
	s.raw.SetDeadline(time.Now().Add(drainTime))
	switch raw := s.raw.(type) {
	case interface{ finish() }:
		raw.finish()
		return nil
	case interface{ CloseWrite() error }:
		if raw.CloseWrite() == nil {
			// Closing with unread data would reset the connection, and the
			// reset could overtake our last record.
			io.CopyN(io.Discard, s.raw, drainBytes)
		}
	}
	return s.raw.Close()
}
