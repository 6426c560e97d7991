package duo

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"sesame/transit"
	"sesame/transit/record"
)

// A Lane is one end of a lane, with the methods of transit.Lane.
type Lane struct {
	duo    *Duo
	conn   net.Conn
	kind   transit.Kind
	twin   *Lane
	turn   chan struct{} // who writes; not a mutex: synctest lets time pass while it is waited for
	seal   *record.Sealer
	open   *record.Opener
	last   atomic.Int64 // when something arrived
	closed atomic.Bool
	final  []byte
}

func newLane(d *Duo, c net.Conn, out, in []byte, kind transit.Kind) *Lane {
	l := &Lane{duo: d, conn: c, kind: kind, seal: record.NewSealer(d.Suite, out), final: make([]byte, record.Overhead), turn: make(chan struct{}, 1)}
	l.open = record.NewOpener(lastConn{c, &l.last}, d.Suite, in)
	l.last.Store(time.Now().UnixNano())
	return l
}

// Closed reports whether either end is closed.
func (l *Lane) Closed() bool { return l.closed.Load() || l.twin.closed.Load() }

func (l *Lane) Write(typ byte, buf []byte, n int) error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.closed.Load() {
		return net.ErrClosed
	}
	rec := l.seal.Seal(buf, typ, n)
	l.conn.SetWriteDeadline(time.Now().Add(15 * time.Second))
	_, err := l.conn.Write(rec)
	return err
}

func (l *Lane) Read() (byte, []byte, error) {
	typ, p, err := l.open.Next()
	if err == nil && typ == record.Final {
		return 0, nil, io.EOF
	}
	return typ, p, err
}

func (l *Lane) Idle() time.Duration { return time.Since(time.Unix(0, l.last.Load())) }
func (l *Lane) Path() transit.Path  { return transit.Path{Kind: l.kind} }
func (l *Lane) Carried()            {}
func (l *Lane) Acked(int64)         {}

// SlowStart is known of no lane here.
func (l *Lane) SlowStart() (is, known bool) { return false, false }
func (l *Lane) Drop()                       { l.Close() }

func (l *Lane) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	l.conn.SetDeadline(time.Now().Add(time.Second))
	l.turn <- struct{}{}
	l.conn.Write(l.seal.Seal(l.final, record.Final, 0))
	<-l.turn
	err := l.conn.Close()
	l.duo.down()
	return err
}

// lastConn notes when something arrived.
type lastConn struct {
	net.Conn
	last *atomic.Int64
}

func (c lastConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.last.Store(time.Now().UnixNano())
	}
	return n, err
}

// countConn counts what is written.
type countConn struct {
	net.Conn
	n *atomic.Int64
}

func (c *countConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}
