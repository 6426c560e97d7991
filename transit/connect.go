package transit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"sesame/internal/awake"
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
	f := newFirst(e, e.at.plan(peer.Hints))
	c, err := f.run(ctx)
	if err != nil {
		f.refuse()
		e.Close()
		return nil, err
	}
	e.left.Store(true)
	e.cfg.Logger.Info("connected", "relay", c.path.Kind.Relayed())
	conn := newConn(c.Conn, c.described(), e.key, e.role, e.cfg.Idle)
	conn.release = e.at.close
	if e.role == Follower {
		conn.contend(f)
		return conn, nil
	}
	f.refuse()
	e.Close()
	return conn, nil
}

// A first is a search that goes on with one of the connections that come about.
type first struct {
	*search
	e     *Endpoint
	ready map[int]*candidate // proven, by number
	ids   map[*candidate]int // numbers of accepted ones
	meter awake.Meter
}

// newFirst begins to look for the peer.
func newFirst(e *Endpoint, p plan) *first {
	l := newClassicLadder(e.role, len(e.at.listeners()) > 0, time.Now())
	f := &first{search: newSearch(l, e.work), e: e, ready: map[int]*candidate{}, ids: map[*candidate]int{}, meter: awake.Meter{Least: vigilGap}}
	l.set(f.adopt(p))
	return f
}

// run returns the connection that was chosen.
func (f *first) run(ctx context.Context) (*candidate, error) {
	actions := f.step(event{kind: tick}, f.now())
	for {
		if len(actions) > 0 {
			c, more, err := f.do(actions)
			if c != nil || err != nil {
				return c, err
			}
			if more != nil {
				actions = more
				continue
			}
		}
		now := f.now()
		timer := time.NewTimer(min(f.wake(now).Sub(now), vigilBeat))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("connect: %w", ctx.Err())
		case <-f.e.work.ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("connect: %w", net.ErrClosed)
		case <-timer.C:
			actions = f.step(event{kind: tick}, f.now())
		case rep := <-f.e.work.reports:
			timer.Stop()
			actions = f.step(f.note(rep), f.now())
		}
	}
}

// now returns the time, and tells the ladder before if this process didn't run for a
// while.
func (f *first) now() time.Time {
	now := time.Now()
	if run, _ := f.meter.Pass(now); run > 0 {
		f.end.slept(run)
	}
	return now
}

// do carries out actions. It returns the winner, or further actions.
func (f *first) do(actions []action) (winner *candidate, more []action, err error) {
	for _, a := range f.search.do(actions) {
		switch a.kind {
		case doAdopt:
			winner, err = f.win(a.id)
		case doChoose:
			if !alive(f.ready[a.id].Conn) {
				f.drop(a.id)
				return nil, f.end.reopen(a.id, time.Now()), nil
			}
			if winner, err = f.win(a.id); err == nil {
				err = decide(winner)
			}
		case doGiveUp:
			err = f.noPath()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return winner, nil, nil
}

// note keeps what a report says and returns its event, with a number for
// accepted connections.
func (f *first) note(rep report) event {
	if rep.accepted {
		if rep.kind == connReady {
			f.ids[rep.c] = maxAddresses + len(f.ids)
		}
		rep.id = f.ids[rep.c]
	}
	switch rep.kind {
	case connReady:
		f.ready[rep.id] = rep.c
	case connFailed, connStranger:
		delete(f.ready, rep.id)
	}
	return f.search.note(rep)
}

// win takes the connection out of the search.
func (f *first) win(id int) (*candidate, error) {
	c := f.ready[id]
	delete(f.ready, id)
	if !f.e.work.take(c) {
		return nil, fmt.Errorf("connect: %w", net.ErrClosed)
	}
	return c, nil
}

func (f *first) drop(id int) {
	f.ready[id].Conn.Close()
	delete(f.ready, id)
	if _, dialled := f.routes[id]; dialled {
		f.errs[id] = errStranger
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
func (f *first) refuse() {
	for _, c := range f.ready {
		if f.e.role == Leader {
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
