package transit

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"
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
	role  Role
	proof lines
	hello []byte // for relays
	site  site
	log   *slog.Logger

	ctx     context.Context // done when everything is to end
	cancel  context.CancelFunc
	running sync.WaitGroup
	reports chan report

	mu       sync.Mutex
	unproven []*candidate // accepted ones, oldest first
	proven   int          // number of accepted ones
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
	path   Path
	id     int         // of the lane, for dialled ones
	detach func() bool // stops the reach from closing it
}

func newReach(role Role, proof lines, hello []byte, here site, log *slog.Logger) *reach {
	r := &reach{role: role, proof: proof, hello: hello, site: here, log: log, reports: make(chan report)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if here.listener != nil {
		r.running.Go(r.accept)
	}
	return r
}

// close ends everything and returns when it has ended.
func (r *reach) close() {
	r.cancel()
	if r.site.listener != nil {
		r.site.listener.Close()
	}
	r.running.Wait()
}

// take makes the caller the owner of c. It reports false if c is closed.
func (r *reach) take(c *candidate) bool { return c.detach() }

// dial tries a route. It returns at once.
func (r *reach) dial(id int, rt route) {
	r.running.Go(func() {
		if err := r.attempt(id, rt); err != nil {
			kind := laneFailed
			if partner := (*partnerError)(nil); errors.As(err, &partner) {
				kind = laneStranger
			}
			r.report(report{event: event{kind, id}, err: err})
		}
	})
}

func (r *reach) attempt(id int, rt route) error {
	ctx, cancel := context.WithTimeout(r.ctx, dialTime)
	defer cancel()
	conn, err := rt.dial(ctx)
	if err != nil {
		return err
	}
	c := r.own(conn, rt.path())
	c.id = id
	r.report(report{event: event{laneConnected, id}})
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

// own makes a candidate of conn, which is closed with the reach from now on.
func (r *reach) own(conn net.Conn, path Path) *candidate {
	return &candidate{Conn: conn, path: path, detach: context.AfterFunc(r.ctx, func() { conn.Close() })}
}

// prove runs the handshake on c and reports that it is ready; for a receiver,
// it then waits to be chosen, and reports that. It closes c after an error.
func (r *reach) prove(c *candidate, accepted bool) error {
	err := r.proof.prove(r.role, c.Conn)
	if accepted && !r.leaveQueue(c, err == nil) {
		err = errNotGo // there are enough
	}
	if err != nil {
		c.Conn.Close()
		return err
	}
	if accepted && r.role == Receiver { // Connect holds those of a sender
		defer r.forget()
	}
	r.log.Debug("path ready", "relay", c.path.isRelay(), "accepted", accepted)
	if !r.report(report{event: event{laneReady, c.id}, accepted: accepted, c: c}) || r.role == Sender {
		return nil
	}
	if err := awaitDecision(c.Conn); err != nil {
		c.Conn.Close()
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
func (r *reach) accept() {
	pause := time.Duration(0)
	for {
		conn, err := r.site.listener.Accept()
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
		c := r.own(conn, directPath(addrPort(conn.RemoteAddr()), r.site.own))
		r.enterQueue(c)
		r.running.Go(func() {
			if err := r.prove(c, true); err != nil {
				c.detach()
			}
		})
	}
}

// enterQueue adds an accepted connection. When there are too many the oldest
// is closed: an honest peer needs a few round trips only, so those that stay
// for long are somebody else.
func (r *reach) enterQueue(c *candidate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unproven) >= maxUnproven {
		r.unproven[0].Conn.Close()
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
