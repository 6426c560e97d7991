package transit

import (
	"net"
	"sync"
	"time"

	"sesame/transit/record"
)

// A Conn is an encrypted connection with the peer that carries records. One
// goroutine may read while another writes; Close, SetIdle, Counts and Path may
// be called at any time.
//
// A receiver's Conn may change to another connection when the first record is read:
// see vote.
type Conn struct {
	mu sync.Mutex
	standing

	release func() // what the connection stands on; nil if that is nothing
}

// A standing is the connection in use, and how it may change. The lock of Conn guards it.
type standing struct {
	*link       // in use
	vote  *vote // nil when it is clear that link is the peer's
	idle  time.Duration
}

// A link is one connection, with the records of a session on it.
type link struct {
	s    *stream
	w    *record.Writer
	r    *record.Reader
	path Path
}

// newLink reads records of at most max bytes, 0 for as many as there may be.
func newLink(raw net.Conn, path Path, key []byte, role Role, max int) *link {
	write, read := recordKeys(key, role)
	s := newStream(raw)
	return &link{s, record.NewWriter(s, write), record.NewReader(s, read, max), path}
}

func newConn(raw net.Conn, path Path, key []byte, role Role, idle time.Duration) *Conn {
	c := &Conn{standing: standing{link: newLink(raw, path, key, role, 0)}}
	c.SetIdle(idle)
	return c
}

// current returns what is in use, and whether that may change.
func (c *Conn) current() (*link, *vote) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link, c.vote
}

// ReadRecord returns the next record, valid until the next call. It returns
// io.EOF if the peer ended the connection between two records, whether or not
// it was done; other errors wrap record.ErrDamaged, record.ErrTruncated,
// os.ErrDeadlineExceeded (no byte within the idle time), net.ErrClosed (Close
// was called) or an error of the network. Errors are final.
func (c *Conn) ReadRecord() ([]byte, error) {
	l, v := c.current()
	if v != nil {
		return c.settle(v)
	}
	return l.r.ReadRecord()
}

// WriteRecord sends p, of at most record.MaxSize bytes, as one record. Errors
// are as those of ReadRecord. Classic peers send 16 KiB and read more. A receiver
// that writes before it has read stays with the connection that it has: what is
// sealed once mustn't be sealed again elsewhere.
func (c *Conn) WriteRecord(p []byte) error {
	return c.commit().w.WriteRecord(p)
}

// Path returns how the peer was reached. A receiver's may change with the first
// record that it reads.
func (c *Conn) Path() Path {
	l, _ := c.current()
	return l.path
}

// Counts returns how many bytes have crossed the network in each direction
// since the connection was decided on.
func (c *Conn) Counts() (received, sent int64) {
	l, _ := c.current()
	return l.s.received.Load(), l.s.sent.Load()
}

// SetIdle sets how long a read or a write waits for a byte to move; 0 or less
// waits for ever. It applies from the next wait on: a caller that expects the
// peer to work in silence (unpacking, say) raises it before it reads.
func (c *Conn) SetIdle(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.standing.setIdle(d)
}

func (s *standing) setIdle(d time.Duration) {
	s.idle = d
	s.link.s.setIdle(d, d)
	if s.vote != nil {
		for _, l := range s.vote.others {
			l.s.setIdle(d, d)
		}
	}
}

// Close ends the connection so that the peer can still read what was written:
// it says that nothing more comes, and reads on until the peer says so too, for
// two seconds at most. Reads that wait in other goroutines return at once, over
// a WebSocket when the peer has answered; if a write waits the connection is
// just dropped.
func (c *Conn) Close() error {
	err := c.commit().s.close()
	if c.release != nil {
		c.release()
	}
	return err
}
