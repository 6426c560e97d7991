package transit

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/segments"
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
	hello []byte // for relays; set before the first dial
	site  site   // its prefixes: see prefixes
	log   *slog.Logger

	ctx     context.Context // done when everything is to end
	cancel  context.CancelFunc
	running sync.WaitGroup
	reports chan report

	mu       sync.Mutex
	unproven []*candidate // accepted ones, oldest first
	proven   int          // number of accepted ones
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
	path     Path
	id       int // of the lane, for dialled ones
	accepted bool
	lane     *Lane           // with the handshake of lanes
	ctx      context.Context // its end closes the connection, until detach
	drop     func()          // ends ctx
	detach   func() bool     // stops the reach from closing it
}

func newReach(shake handshake, hello []byte, here site, log *slog.Logger) *reach {
	r := &reach{shake: shake, hello: hello, site: here, log: log, reports: make(chan report)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if here.listener != nil {
		r.running.Go(func() { r.accept(here.listener, directPath) })
	}
	if here.punch != nil {
		r.running.Go(func() { r.accept(punchListener{here.punch}, udpPath) })
	}
	return r
}

// close ends everything and returns when it has ended.
func (r *reach) close() {
	r.cancel()
	if r.site.listener != nil {
		r.site.listener.Close()
	}
	if r.site.punch != nil {
		r.site.punch.StopAccepting()
	}
	r.running.Wait()
}

// take makes the caller the owner of c. It reports false if c is closed.
func (r *reach) take(c *candidate) bool {
	taken := c.detach()
	c.drop()
	return taken
}

// prefixes returns our addresses, as known.
func (r *reach) prefixes() []netip.Prefix {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.site.own
}

// move notes our new addresses.
func (r *reach) move(own []netip.Prefix) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.site.own = own
}

// dial tries a route, with segments of a size. It returns at once; stop ends the
// attempt, which then fails unless it has come to an end already.
func (r *reach) dial(id int, rt route, size segments.Size) (stop func()) {
	ctx, stop := context.WithCancel(segments.With(r.ctx, size))
	r.running.Go(func() {
		r.log.Debug("dialling", "path", rt.path().label())
		if err := r.attempt(ctx, id, rt); err != nil {
			if ctx.Err() == nil {
				r.log.Debug("no path", "path", rt.path().label(), "because it", explain(err))
			}
			kind := laneFailed
			if partner := (*partnerError)(nil); errors.As(err, &partner) {
				kind = laneStranger
			}
			stop()
			r.report(report{event: event{kind, id}, err: err})
		}
	})
	return stop
}

func (r *reach) attempt(ctx context.Context, id int, rt route) error {
	limit := dialTime
	if rt.path().Via != "" {
		limit = viaTime
	}
	dialing, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := rt.dial(dialing)
	if err != nil {
		return err
	}
	c := r.own(ctx, conn, rt.path())
	c.id = id
	r.report(report{event: event{laneConnected, id}})
	if err := ctx.Err(); err != nil { // stopped: the peer mustn't take it for a path
		conn.Close()
		return err
	}
	if c.path.isRelay() {
		if err := join(conn, r.hello); err != nil {
			conn.Close()
			return err
		}
		if err := r.prove(c, false); err != nil {
			return &partnerError{err}
		}
		return nil
	}
	return r.prove(c, false)
}

// own makes a candidate of conn, which is closed when ctx ends from now on.
func (r *reach) own(ctx context.Context, conn net.Conn, path Path) *candidate {
	c := &candidate{Conn: conn, path: path}
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
	r.log.Debug("path ready", "path", c.path.label(), "accepted", accepted)
	if !r.report(report{event: event{laneReady, c.id}, accepted: accepted, c: c}) || r.shake.settle == nil {
		return nil
	}
	if err := r.shake.settle(c.Conn); err != nil {
		c.Conn.Close()
		c.drop()
		// Not an error of prove: the handshake succeeded.
		r.report(report{event: event{laneFailed, c.id}, accepted: accepted, c: c, err: errNotGo})
		return nil
	}
	r.report(report{event: event{laneChosen, c.id}, accepted: accepted, c: c})
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
func (r *reach) accept(l net.Listener, describe func(netip.AddrPort, []netip.Prefix) Path) {
	pause := time.Duration(0)
	for {
		conn, err := l.Accept()
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
		c := r.own(r.ctx, conn, describe(addr.Of(conn.RemoteAddr()), r.prefixes()))
		c.accepted = true
		r.enterQueue(c)
		r.running.Go(func() { r.prove(c, true) })
	}
}

// enterQueue adds an accepted connection. When there are too many the oldest
// is closed: an honest peer needs a few round trips only, so those that stay
// for long are somebody else.
func (r *reach) enterQueue(c *candidate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unproven) >= maxUnproven {
		r.unproven[0].drop()
		r.unproven = slices.Delete(r.unproven, 0, 1)
	}
	r.unproven = append(r.unproven, c)
}

// leaveQueue removes an accepted connection whose handshake is over, and
// reports whether it may stay.
func (r *reach) leaveQueue(c *candidate, proven bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unproven = slices.DeleteFunc(r.unproven, func(o *candidate) bool { return o == c })
	if !proven || r.proven >= maxProven {
		return false
	}
	r.proven++
	return true
}

// forget makes room for another accepted connection that is proven.
func (r *reach) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proven--
}
