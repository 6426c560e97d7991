package classic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"sesame/transfer"
	"sesame/transit"
)

// A conn is an encrypted connection that carries records. *transit.Conn is one.
type conn interface {
	ReadRecord() ([]byte, error) // valid until the next call
	WriteRecord(p []byte) error
	// SetIdle bounds the wait for a byte to move, after which reads and writes
	// fail with os.ErrDeadlineExceeded.
	SetIdle(d time.Duration)
	// Path returns how the peer is reached.
	Path() transit.Path
	// Close makes a blocked ReadRecord or WriteRecord return.
	Close() error
}

// An endpoint is this side of a connection to be.
type endpoint interface {
	// hints returns the transit message that tells the peer how to get here.
	hints() (json.RawMessage, error)
	// connect finds a path, given the peer's transit message.
	connect(ctx context.Context, peer json.RawMessage) (conn, error)
	Close() error
}

// listenFunc opens an endpoint for a sender or a receiver.
type listenFunc func(ctx context.Context, sender bool, key []byte) (endpoint, error)

// maxEmpty is how many empty records may come in a row. They mean nothing, but
// would keep a transfer alive that doesn't move.
const maxEmpty = 1000

// broke reports whether err is that of a data connection that broke, behind which the
// peer may have a better reason.
func broke(err error) bool {
	var gone *transfer.GoneError
	return errors.As(err, &gone) && gone.After == 0
}

// A dataConn is a conn that ends with its context, keeps to a rate, and whose
// errors say what happened to whom. One goroutine uses it at a time, except for
// Close and for records without content.
type dataConn struct {
	conn
	pace   pacer
	ctx    context.Context
	takes  bool // this side receives
	sent   bool // everything; what is missing is the receiver's confirmation
	idle   time.Duration
	unhook func() bool
	once   sync.Once
	err    error
}

func newDataConn(ctx context.Context, c conn, cfg *settings, takes bool) *dataConn {
	d := &dataConn{conn: c, ctx: ctx, takes: takes, pace: pacer{rate: cfg.Limit}}
	d.SetIdle(maxIdle)
	d.unhook = context.AfterFunc(ctx, func() { d.close() })
	return d
}

// SetIdle also goes into the error.
func (d *dataConn) SetIdle(idle time.Duration) {
	d.idle = idle
	d.conn.SetIdle(idle)
}

// WriteRecord fails when the peer takes no byte in time.
func (d *dataConn) WriteRecord(b []byte) error {
	if len(b) > 0 {
		if err := d.pause(len(b)); err != nil {
			return err
		}
	}
	return d.explain(d.conn.WriteRecord(b))
}

// ReadRecord returns the next record that isn't empty.
func (d *dataConn) ReadRecord() ([]byte, error) {
	for range maxEmpty {
		b, err := d.conn.ReadRecord()
		if err != nil {
			return nil, d.explain(err)
		}
		if len(b) > 0 {
			return b, d.pause(len(b))
		}
	}
	return nil, nonsense("it sends nothing but empty records")
}

// pause waits until n bytes may cross.
func (d *dataConn) pause(n int) error {
	wait := d.pace.book(time.Now(), n)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.ctx.Done():
		return context.Cause(d.ctx)
	}
}

func (d *dataConn) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case errors.Is(err, transit.ErrDamaged):
		return fmt.Errorf("%w: %w", &transfer.IntegrityError{}, err)
	}
	gone := &transfer.GoneError{Receives: d.takes, Sent: d.sent, Err: err}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		gone.After = d.idle
	case errors.Is(err, transit.ErrTruncated):
		gone.Err = fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
	}
	return gone
}

// Close closes the connection and returns when that is done. It may be called
// several times, by several goroutines.
func (d *dataConn) Close() error {
	d.unhook()
	return d.close()
}

func (d *dataConn) close() error {
	d.once.Do(func() { d.err = d.conn.Close() })
	return d.err
}
