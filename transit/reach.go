package transit

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"sesame/internal/segments"
	"sesame/transit/way"
)

// Limits on accepted connections (doc/transit.md §3.4).
const (
	maxUnproven = 64 // at once; the oldest makes room
	maxProven   = 16 // at once; the peer needs one
)

// A reach makes connections and proves them: those it is told to dial, and
// those that come in by themselves. It reports what happens to each, and owns
// them until take.
type reach struct {
	shake handshake
	at    *station
	log   *slog.Logger

	ctx     context.Context // done when everything is to end
	cancel  context.CancelFunc
	running sync.WaitGroup
	reports chan report

	mu    sync.Mutex
	queue queue
}

// A queue bounds the connections that others make.
type queue struct {
	unproven []*candidate // oldest first
	proven   int
}

// A handshake is how two connected sides find out that they belong together.
type handshake struct {
	// prove proves the sides to each other, and leaves the candidate without a
	// deadline. It ends soon after its connection has been closed.
	prove func(c *candidate) error
	// settle waits until the peer goes on with a proven connection. Nil means
	// that nobody has to wait.
	settle func(conn net.Conn) error
}

// A report is an event with what belongs to it. Accepted connections have no
// number yet.
type report struct {
	event
	accepted bool
	c        *candidate // with laneReady and later
	err      error      // with laneFailed and laneStranger
}

// A candidate is a connection that may be the one.
type candidate struct {
	net.Conn
	by       way.Finder // that it comes from
	path     Path
	id       int // of the rung, for dialled ones
	accepted bool
	lane     *Lane           // with the handshake of lanes
	ctx      context.Context // its end closes the connection, until detach
	drop     func()          // ends ctx
	detach   func() bool     // stops the reach from closing it
}

func newReach(shake handshake, at *station, log *slog.Logger) *reach {
	r := &reach{shake: shake, at: at, log: log, reports: make(chan report)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	for _, f := range at.listeners() {
		r.running.Go(func() { r.accept(f) })
	}
	return r
}

// close ends everything and returns when it has ended.
func (r *reach) close() {
	r.cancel()
	r.at.leave()
	r.running.Wait()
}

// take makes the caller the owner of c. It reports false if c is closed.
func (r *reach) take(c *candidate) bool {
	taken := c.detach()
	c.drop()
	return taken
}

// dial tries a route, with segments of a size. It returns at once; stop ends the
// attempt, which then fails unless it has come to an end already.
func (r *reach) dial(id int, rt planned, size segments.Size) (stop context.CancelFunc) {
	ctx, stop := context.WithCancel(segments.With(r.ctx, size))
	r.running.Go(func() {
		if err := r.try(ctx, id, rt); err != nil {
			if no, ok := err.(*way.Refusal); ok && r.at.Refused != nil {
				r.at.Refused(rt.Path, no.Why)
			}
			kind := connFailed
			if partner := (*partnerError)(nil); errors.As(err, &partner) {
				kind = connStranger
			}
			stop()
			r.report(report{event: event{kind, id}, err: err})
		}
	})
	return stop
}

// try dials, unless it is known that a relay still has nothing for us.
func (r *reach) try(ctx context.Context, id int, rt planned) error {
	if rt.Closed != nil {
		if err := rt.Closed(); err != nil {
			return err
		}
	}
	r.log.Debug("dialling", "path", rt.Path.Label())
	if r.at.Trying != nil {
		r.at.Trying()
	}
	err := r.attempt(ctx, id, rt)
	if err != nil && ctx.Err() == nil {
		r.log.Debug("no path", "path", rt.Path.Label(), "because it", explain(err))
	}
	return err
}

func (r *reach) attempt(ctx context.Context, id int, rt planned) error {
	limit := dialTime
	if rt.Path.Via != "" {
		limit = viaTime
	}
	dialing, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := rt.Connect(dialing, id/maxAddresses)
	if err != nil {
		return err
	}
	c := r.own(ctx, conn, rt.by, rt.Path)
	c.id = id
	r.report(report{event: event{connMade, id}})
	if err := ctx.Err(); err != nil { // stopped: the peer mustn't take it for a path
		conn.Close()
		return err
	}
	if rt.Join == nil {
		return r.prove(c, false)
	}
	if err := rt.Join(conn, id/maxAddresses); err != nil {
		conn.Close()
		return err
	}
	r.report(report{event: event{connJoined, id}})
	if err := r.prove(c, false); err != nil {
		return &partnerError{err}
	}
	return nil
}

// partnerError marks failures of a connection that a relay had joined with
// another: the next partner may be the right one.
type partnerError struct{ err error }

func (e *partnerError) Error() string { return e.err.Error() }
func (e *partnerError) Unwrap() error { return e.err }

// own makes a candidate of conn, which is closed when ctx ends from now on.
func (r *reach) own(ctx context.Context, conn net.Conn, by way.Finder, path Path) *candidate {
	c := &candidate{Conn: conn, by: by, path: path}
	c.ctx, c.drop = context.WithCancel(ctx)
	c.detach = context.AfterFunc(c.ctx, func() { conn.Close() })
	return c
}

// prove runs the handshake on c and reports that it is ready; for a receiver,
// it then waits to be chosen, and reports that. It closes c after an error.
func (r *reach) prove(c *candidate, accepted bool) error {
	err := r.shake.prove(c)
	if accepted && !r.leaveQueue(c, err == nil) {
		err = errNotGo // there are enough
	}
	if err != nil {
		c.Conn.Close()
		c.drop()
		return err
	}
	if accepted && r.shake.settle != nil { // others are held by who gets the report
		defer r.forget()
	}
	r.log.Debug("path ready", "path", c.path.Label(), "accepted", accepted)
	if !r.report(report{event: event{connReady, c.id}, accepted: accepted, c: c}) || r.shake.settle == nil {
		return nil
	}
	if err := r.shake.settle(c.Conn); err != nil {
		c.Conn.Close()
		c.drop()
		// Not an error of prove: the handshake succeeded.
		r.report(report{event: event{connFailed, c.id}, accepted: accepted, c: c, err: errNotGo})
		return nil
	}
	r.report(report{event: event{connChosen, c.id}, accepted: accepted, c: c})
	return nil
}

// report hands a report to Connect. It returns false when the reach has ended.
func (r *reach) report(rep report) bool {
	select {
	case r.reports <- rep:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// accept takes incoming connections until the listener is closed. It starts
// with Listen: the peer may be quicker than the message that tells us so.
func (r *reach) accept(by way.Finder) {
	pause := time.Duration(0)
	for {
		conn, path, err := by.Listener().Accept()
		if err != nil {
			if r.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(pause):
				continue
			case <-r.ctx.Done():
				return
			}
		}
		pause = 0
		c := r.own(r.ctx, conn, by, path)
		c.accepted = true
		r.enterQueue(c)
		r.running.Go(func() { r.prove(c, true) })
	}
}

// enterQueue adds an accepted connection.
func (r *reach) enterQueue(c *candidate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.enter(c)
}

// leaveQueue removes an accepted connection whose handshake is over, and
// reports whether it may stay.
func (r *reach) leaveQueue(c *candidate, proven bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.queue.leave(c, proven)
}

// forget makes room for another accepted connection that is proven.
func (r *reach) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.proven--
}

// enter adds a connection. When there are too many the oldest is closed: an honest
// peer needs a few round trips only, so those that stay for long are somebody else.
func (q *queue) enter(c *candidate) {
	if len(q.unproven) >= maxUnproven {
		q.unproven[0].drop()
		q.unproven = slices.Delete(q.unproven, 0, 1)
	}
	q.unproven = append(q.unproven, c)
}

// leave removes one, and reports whether it may stay.
func (q *queue) leave(c *candidate, proven bool) bool {
	q.unproven = slices.DeleteFunc(q.unproven, func(o *candidate) bool { return o == c })
	if !proven || q.proven >= maxProven {
		return false
	}
	q.proven++
	return true
}
