package transit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"sesame/internal/awake"
	"sesame/internal/neterr"
)

// Connect looks for a path to the peer that sent the given message, and returns
// the connection that both sides go on with. It takes two minutes at most, one
// if nothing happens. It may be called once for an Endpoint, and ends its
// search either way; a receiver's only when the first record has been read or
// something is written, since what says that a connection was chosen could be
// somebody else. A second call panics. The caller must Close the Conn.
//
// If there is no path the error is a *NoPathError.
func (e *Endpoint) Connect(ctx context.Context, peer Message) (*Conn, error) {
	if e.used.Swap(true) {
		panic("transit: Connect called twice")
	}
	p := makePlan(&e.cfg, e.site.own, peer)
	run := &contest{
		e:     e,
		plan:  p,
		race:  newRace(e.role, p.lanes, e.site.listener != nil, time.Now()),
		ready: map[int]*candidate{},
		errs:  make([]error, len(p.lanes)),
		ids:   map[*candidate]int{},
		meter: awake.Meter{Least: vigilGap},
	}
	c, err := run.run(ctx)
	if err != nil {
		run.refuse()
		e.Close()
		return nil, err
	}
	e.cfg.Logger.Info("connected", "relay", c.path.isRelay())
	conn := newConn(c.Conn, c.described(), e.key, e.role, e.cfg.Idle)
	if e.role == Follower {
		conn.contend(run)
		return conn, nil
	}
	run.refuse()
	e.Close()
	return conn, nil
}

// A contest is the world of one race: it does what the race says, and tells it
// what happened.
type contest struct {
	e     *Endpoint
	plan  *plan
	race  *race
	ready map[int]*candidate // proven, by number
	errs  []error            // why a lane failed, by number
	ids   map[*candidate]int // numbers of accepted ones
	meter awake.Meter
}

func (x *contest) run(ctx context.Context) (*candidate, error) {
	actions := x.race.step(event{kind: tick}, x.now())
	for {
		if len(actions) > 0 {
			c, more, err := x.do(actions)
			if c != nil || err != nil {
				return c, err
			}
			if more != nil {
				actions = more
				continue
			}
		}
		now := x.now()
		timer := time.NewTimer(min(x.race.wake(now).Sub(now), vigilBeat))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("connect: %w", ctx.Err())
		case <-x.e.work.ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("connect: %w", net.ErrClosed)
		case <-timer.C:
			actions = x.race.step(event{kind: tick}, x.now())
		case rep := <-x.e.work.reports:
			timer.Stop()
			actions = x.race.step(x.note(rep), x.now())
		}
	}
}

// now returns the time, and tells the race before if this process didn't run for a
// while.
func (x *contest) now() time.Time {
	now := time.Now()
	if run, _ := x.meter.Pass(now); run > 0 {
		x.race.slept(run)
	}
	return now
}

// do carries out actions. It returns the winner, or further actions.
func (x *contest) do(actions []action) (winner *candidate, more []action, err error) {
	for _, a := range actions {
		switch a.kind {
		case doDial:
			x.e.work.dial(a.id, x.plan.routes[a.id], 0)
		case doAdopt:
			winner, err = x.win(a.id)
		case doChoose:
			if !alive(x.ready[a.id].Conn) {
				x.drop(a.id)
				return nil, x.race.reopen(a.id, time.Now()), nil
			}
			if winner, err = x.win(a.id); err == nil {
				err = decide(winner)
			}
		case doGiveUp:
			err = x.noPath()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return winner, nil, nil
}

// note keeps what a report says and returns its event, with a number for
// accepted connections.
func (x *contest) note(rep report) event {
	if rep.accepted {
		if rep.kind == laneReady {
			x.ids[rep.c] = len(x.plan.lanes) + len(x.ids)
		}
		rep.id = x.ids[rep.c]
	}
	switch rep.kind {
	case laneReady:
		x.ready[rep.id] = rep.c
	case laneFailed, laneStranger:
		if rep.kind == laneFailed && !rep.accepted && x.plan.routes[rep.id].path().isRelay() && neterr.Is(rep.err, neterr.Reset) {
			rep.kind = laneReset
		}
		delete(x.ready, rep.id)
		if rep.id < len(x.errs) {
			x.errs[rep.id] = rep.err
		}
	}
	return rep.event
}

// win takes the connection out of the search.
func (x *contest) win(id int) (*candidate, error) {
	c := x.ready[id]
	delete(x.ready, id)
	if !x.e.work.take(c) {
		return nil, fmt.Errorf("connect: %w", net.ErrClosed)
	}
	return c, nil
}

func (x *contest) drop(id int) {
	x.ready[id].Conn.Close()
	delete(x.ready, id)
	if id < len(x.errs) {
		x.errs[id] = errStranger
	}
}

// decide tells the peer to go on with c. Whatever comes of it, nothing may be
// decided again under this key: the peer may have read it.
func decide(c *candidate) error {
	c.SetWriteDeadline(time.Now().Add(handshakeTime))
	if _, err := c.Write(decision); err != nil {
		c.Close()
		return fmt.Errorf("connect: the chosen path broke: %w", err)
	}
	c.SetWriteDeadline(time.Time{})
	return nil
}

// refuse tells the peer that the connections still held aren't used.
func (x *contest) refuse() {
	for _, c := range x.ready {
		if x.e.role == Leader {
			c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			c.Write(refusal)
		}
		c.Close()
	}
}

// alive reports whether a proven connection still is one. A receiver says
// nothing before it has been chosen, so anything to read is an end. Only TCP is
// asked; a WebSocket would not survive the question.
func alive(conn net.Conn) bool {
	if _, ok := conn.(*net.TCPConn); !ok {
		return true
	}
	conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := conn.Read(make([]byte, 1))
	conn.SetReadDeadline(time.Time{})
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// noPath collects why nothing worked.
func (x *contest) noPath() error {
	e := new(NoPathError)
	for id, rt := range x.plan.routes {
		err, state := x.errs[id], x.race.lanes[id].state
		switch {
		case err != nil:
		case state == waiting:
			continue
		case state == ready:
			err = errNotGo
		case state == connected && rt.path().isRelay():
			err = errAlone
		default:
			err = os.ErrDeadlineExceeded
		}
		e.add(attempt{rt.path(), err})
	}
	for _, a := range x.plan.skipped {
		e.add(a)
	}
	return e
}
