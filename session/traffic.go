package session

import (
	"errors"
	"sync/atomic"
	"time"

	"sesame/session/choice"
	"sesame/transit"
)

var (
	errSilent = errors.New("nothing arrives")
)

// A view is what of a lane can be looked at.
type view interface {
	Idle() time.Duration
	Path() transit.Path
	SlowStart() (is, known bool)
}

// A traffic is what a session knows of a lane: what is under way on it, and what is due.
// But for what is said to be atomic, and what never changes, it belongs to the state.
type traffic struct {
	at   view
	lane *choice.Lane
	up   time.Time     // when it came up
	wake chan struct{} // of capacity 1: there may be something to write
	stop chan error    // of capacity 1: the lane is to end
	busy *atomic.Int64 // atomic: when Read was called, Unix nanoseconds; 0 while a record is dealt with

	brought atomic.Int64 // atomic: bytes of records with content, in both directions

	number           int  // from 1 on, in this session
	dead             bool // it has been taken out
	begun            bool // it is out of slow start
	idle             bool // who writes waits for content, or for a limit
	pingDue, pongDue bool
	pong             int64
	ackDue           bool  // the peer is to hear
	taken            int64 // of so many records that they have been dealt with
	pulse            pulse
	gauge            gauge
	flight           flight
	speed            speed
	trail            choice.Trail // of brought
}

func newTraffic(at view, now time.Time) *traffic {
	t := &traffic{at: at, up: now, wake: make(chan struct{}, 1), stop: make(chan error, 1), busy: new(atomic.Int64)}
	t.busy.Store(now.UnixNano())
	t.pingDue = true // nothing is under way yet, so it tells how long the path is
	if d := at.Path().RTT; d > 0 {
		t.gauge.note(d)
	}
	return t
}

func (t *traffic) wakeUp() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// end has the lane closed; the first reason counts.
func (t *traffic) end(err error) {
	select {
	case t.stop <- err:
	default:
	}
}

// ping asks for a sign of life.
func (t *traffic) ping() {
	t.pingDue = true
	t.wakeUp()
}

// waiting returns how long the lane has been read from without a result.
func (t *traffic) waiting(now time.Time) time.Duration {
	since := t.busy.Load()
	if since == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, since))
}

// path returns the lane's path as it was measured.
func (t *traffic) path() transit.Path {
	p := t.at.Path()
	p.RTT = t.gauge.rtt()
	return p
}

// full reports whether the lane takes no content now.
func (t *traffic) full(now time.Time) bool {
	return t.flight.full(t.gauge.least) || t.lane.Room(now) <= 0
}

// delay is how long what leaves now will take to be acknowledged, as far as can be said.
func (t *traffic) delay(now time.Time) time.Duration {
	switch {
	case t.lane.Suspended():
		return time.Hour
	case t.flight.arrived == 0:
		return max(unmeasured, t.gauge.rtt())
	}
	return t.lane.Due(t.flight.wire, now, now)
}

// sort returns what sort of lane it is, of those between which there is a choice.
func (t *traffic) sort() choice.Sort {
	switch p := t.at.Path(); {
	case p.Kind.Relayed():
		return choice.Relay
	case p.Datagrams():
		return choice.UDP
	}
	return choice.TCP
}
