package transit

import (
	"net"
	"time"

	"sesame/transit/record"
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
	c := &Conn{s: newStream(raw), path: path}
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
	c.s.setIdle(d, d)
}

// Close ends the connection so that the peer can still read what was written:
// it says that nothing more comes, and reads on until the peer says so too, for
// two seconds at most. Reads that wait in other goroutines return at once, over
// a WebSocket when the peer has answered; if a write waits the connection is
// just dropped.
func (c *Conn) Close() error { return c.s.close() }
